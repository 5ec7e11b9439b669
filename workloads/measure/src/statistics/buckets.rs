//! Buckets of logarithmic width: each has a key, which is a number of its own for small values.

/// Joins the buckets of one key; keys ascend.
pub(super) fn join(buckets: &mut Vec<(u16, u16)>) {
    buckets.dedup_by(|next, last| {
        if next.0 != last.0 {
            return false;
        }
        let fits = next.1.min(u16::MAX - last.1);
        last.1 += fits;
        next.1 -= fits;
        next.1 == 0
    });
}

/// The bucket of a value: values below 2^`bits` have one each, above there are 2^`bits` of them to an octave.
pub(super) fn key(units: u64, bits: u8) -> u16 {
    let bits = u32::from(bits);
    let octave = (u64::BITS - units.leading_zeros()).saturating_sub(bits + 1);
    // At most (32 - bits + 1) x 2^bits, which fits for any number of bits up to 11.
    (u64::from(octave) * (1 << bits) + (units >> octave)) as u16
}

/// The largest value of a bucket.
pub(super) fn upper_end(key: u16, bits: u8) -> u64 {
    let (key, size) = (u64::from(key), 1u64 << bits);
    let octave = (key / size).saturating_sub(1);
    ((key - octave * size + 1) << octave) - 1
}

/// The bucket of `bits` that a bucket of `bits_there`, which are no fewer, is a part of.
pub(super) fn widened(key_there: u16, bits_there: u8, bits: u8) -> u16 {
    if bits == bits_there { key_there } else { key(upper_end(key_there, bits_there), bits) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_value_is_in_its_bucket(units in 0u64..=1 << 32, bits in 0u8..=9) {
            let there = key(units, bits);
            prop_assert!(upper_end(there, bits) >= units);
            prop_assert!(there == 0 || upper_end(there - 1, bits) < units);
        }
    }
}
