//! Sums over rows of numbers, in an order that does not depend on the machine.

/// The sum of the products.
pub(crate) fn dot(one: &[f32], other: &[f32]) -> f32 {
    const LANES: usize = 8;
    let mut sums = [0.0_f32; LANES];
    let (ones, others) = (one.chunks_exact(LANES), other.chunks_exact(LANES));
    let rest: f32 = ones.remainder().iter().zip(others.remainder()).map(|(a, b)| a * b).sum();
    for (ones, others) in ones.zip(others) {
        for ((sum, a), b) in sums.iter_mut().zip(ones).zip(others) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// Adds `factor` times `what` to `target`.
pub(crate) fn add(target: &mut [f32], factor: f32, what: &[f32]) {
    for (target, what) in target.iter_mut().zip(what) {
        *target += factor * what;
    }
}

/// The exponential function, from additions and products only, so that every machine has the same last bit; right to six
/// digits.
pub(crate) fn exp(number: f32) -> f32 {
    // e^x = 2^whole · e^rest, with the rest at most half of ln 2.
    let number = number.clamp(-80.0, 80.0);
    let whole = (number * std::f32::consts::LOG2_E).round();
    let rest = number - whole * std::f32::consts::LN_2;
    let series =
        1.0 + rest * (1.0 + rest * (0.5 + rest * (1.0 / 6.0 + rest * (1.0 / 24.0 + rest / 120.0))));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 11 to 243")]
    let exponent = (whole + 127.0) as u32;
    series * f32::from_bits(exponent << 23)
}

/// Makes scores to shares of one, each as `sharpness` times the score says.
pub(crate) fn softmax(scores: &mut [f32], sharpness: f32) {
    let largest = scores.iter().copied().fold(f32::MIN, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = exp((*score - largest) * sharpness);
        sum += *score;
    }
    for score in scores {
        *score /= sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_near_enough() {
        for step in -700_i16..700 {
            let number = f32::from(step) / 10.0;
            let wanted = number.exp();
            assert!(
                (exp(number) / wanted - 1.0).abs() < 2e-5,
                "{number}: {} {wanted}",
                exp(number)
            );
        }
    }

    #[test]
    fn sums_do_not_forget_the_rest() {
        let numbers: Vec<f32> = (1..=11_u8).map(f32::from).collect();
        assert!((dot(&numbers, &numbers) - 506.0).abs() < f32::EPSILON);
        let mut shares = [1.0, 1.0, 1.0, 1.0];
        softmax(&mut shares, 3.0);
        assert!(shares.iter().all(|share| (share - 0.25).abs() < 1e-6));
    }
}
