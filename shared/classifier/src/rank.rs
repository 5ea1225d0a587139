//! Which of some scores is the largest, and by how much.

/// The place of the largest score, and how far it is above the next; none without scores. Of equal ones the first counts.
pub(crate) fn best(scores: &[f32]) -> Option<(usize, f32)> {
    let mut first: Option<(usize, f32)> = None;
    let mut second = f32::NEG_INFINITY;
    for (place, &score) in scores.iter().enumerate() {
        match first {
            Some((_, largest)) if score <= largest => second = second.max(score),
            Some((_, largest)) => {
                second = largest;
                first = Some((place, score));
            }
            None => first = Some((place, score)),
        }
    }
    let (place, largest) = first?;
    Some((place, if scores.len() > 1 { largest - second } else { 0.0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_is_found_with_what_it_is_ahead() {
        for (scores, expected) in [
            (&[][..], None),
            (&[1.0], Some((0, 0.0))),
            (&[1.0, 3.0, 2.0], Some((1, 1.0))),
            (&[-1.0, -4.0], Some((0, 3.0))),
            (&[2.0, 2.0], Some((0, 0.0))),
            (&[0.5, 2.0, 1.5, 4.0], Some((3, 2.0))),
        ] {
            assert_eq!(best(scores), expected, "{scores:?}");
        }
    }
}
