//! Reads `application/x-www-form-urlencoded` pairs, as queries and forms carry them.

/// The decoded value of the one pair called `name`: none if it is missing, doubled or badly encoded.
///
/// Two values of one name have no meaning that everybody agrees on, so neither is taken.
pub(crate) fn only_value(pairs: &[u8], name: &str) -> Option<Vec<u8>> {
    let mut found = None;
    for pair in pairs.split(|byte| *byte == b'&') {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let (Some(key), value) = (halves.next(), halves.next().unwrap_or_default()) else {
            continue;
        };
        if decode(key).is_none_or(|key| key != name.as_bytes()) {
            continue;
        }
        if found.is_some() {
            return None;
        }
        found = Some(decode(value)?);
    }
    found
}

/// Undoes percent-encoding; none if a `%` is not followed by two hexadecimal digits.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (high, low) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
                (high << 4) | low
            }
            plain => plain,
        });
    }
    Some(decoded)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_is_taken_and_two_are_not() {
        let value = |pairs: &str| only_value(pairs.as_bytes(), "hub.mode");
        assert_eq!(value("a=b&hub%2Emode=x%20y+z%3d&c"), Some(b"x y z=".to_vec()));
        for wrong in
            ["", "a=b", "hub.mode=1&hub.mode=1", "hub.mode=%4", "hub.mode=%zz", "HUB.MODE=1"]
        {
            assert_eq!(value(wrong), None, "{wrong}");
        }
    }
}
