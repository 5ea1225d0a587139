//! Which of some scores is the largest, and by how much.

/// The places of the scores, the largest first, and how far the first is above the second.
pub(crate) fn ranked(scores: &[f32]) -> (Vec<usize>, f32) {
    let mut order: Vec<(usize, f32)> = scores.iter().copied().enumerate().collect();
    order.sort_by(|one, other| other.1.total_cmp(&one.1));
    let margin = match order.as_slice() {
        [(_, first), (_, second), ..] => first - second,
        _ => 0.0,
    };
    (order.into_iter().map(|(index, _)| index).collect(), margin)
}
