//! Links that open a door: with a password before the host, or a token, key or password among the parameters.
//! Source: RFC 3986, 3.2.1 (user information).

use super::{finding::Finding, kind::PersonalDataKind, text::Text};

/// Parameters that hold a secret.
const SECRETS: &[&str] = &[
    "token",
    "access_token",
    "accesstoken",
    "refresh_token",
    "id_token",
    "auth",
    "auth_token",
    "authtoken",
    "authorization",
    "password",
    "passwd",
    "pass",
    "pwd",
    "passwort",
    "kennwort",
    "api_key",
    "apikey",
    "api-key",
    "key",
    "secret",
    "client_secret",
    "session",
    "sessionid",
    "session_id",
    "sid",
    "jwt",
    "sig",
    "signature",
    "x-amz-signature",
    "otp",
    "pin",
    "reset_token",
    "code_verifier",
];
const SECRET_LETTERS_MAX: usize = 20;
const SCHEME_LETTERS_MAX: usize = 12;
const PUNCTUATION: &[char] =
    &['.', ',', ';', ':', '!', '?', ')', ']', '}', '\'', '…', '*', '"', '»', '“', '”'];

/// Every such link. A word that holds several is taken from the first on.
pub(super) fn find(text: &Text, findings: &mut Vec<Finding>) {
    let mut at = 0;
    while at < text.len() {
        let length = text.letters(at..text.len()).iter().take_while(|&&letter| is_of_link(letter));
        let end = at + length.count();
        findings.extend(find_in(text, at, end));
        at = end + 1;
    }
}

fn is_of_link(letter: char) -> bool {
    !letter.is_whitespace() && !matches!(letter, '<' | '>' | '"')
}

fn find_in(text: &Text, start: usize, mut end: usize) -> Option<Finding> {
    let start = link_start(text, start, end)?;
    if !has_password(text, start, end) && !has_secret(text, start, end) {
        return None;
    }
    while end > start && PUNCTUATION.contains(&text.before(end)) {
        end -= 1;
    }
    Some(Finding::new(PersonalDataKind::UrlWithCredentials, start, end))
}

fn link_start(text: &Text, start: usize, end: usize) -> Option<usize> {
    let letters = text.letters(start..end);
    if let Some(colon) = letters.windows(3).position(|three| three == [':', '/', '/']) {
        let scheme = letters.get(..colon)?.iter().rev().take(SCHEME_LETTERS_MAX);
        let length =
            scheme.take_while(|letter| letter.is_ascii_alphanumeric() || **letter == '+').count();
        return (length > 0).then_some(start + colon - length);
    }
    let www = letters.windows(4).position(|four| four == ['w', 'w', 'w', '.'])?;
    Some(start + www)
}

/// Whether a name and a password stand before a host.
fn has_password(text: &Text, start: usize, end: usize) -> bool {
    let (mut slashes, mut colon) = (0, None);
    for at in start..end {
        match text.at(at) {
            '/' if text.before(at) == '/' || text.before(at) == ':' => {
                slashes += 1;
                colon = None;
            }
            '/' | '?' | '#' => (slashes, colon) = (0, None),
            ':' if slashes >= 2 => colon = colon.or(Some(at)),
            '@' if colon.is_some_and(|colon| colon + 1 < at) => return true,
            _ => (),
        }
    }
    false
}

/// Whether a parameter that holds a secret has a value.
fn has_secret(text: &Text, start: usize, end: usize) -> bool {
    let mut parameter = None;
    for at in start..end {
        match text.at(at) {
            '?' | '&' | '#' | ';' => parameter = Some(at + 1),
            '=' => {
                if let Some(name) = parameter.take()
                    && at - name <= SECRET_LETTERS_MAX
                    && is_secret(text.letters(name..at))
                    && at + 1 < end
                    && !matches!(text.at(at + 1), '&' | '#' | ';')
                {
                    return true;
                }
            }
            _ => (),
        }
    }
    false
}

fn is_secret(name: &[char]) -> bool {
    let name: String = name.iter().map(char::to_ascii_lowercase).collect();
    SECRETS.contains(&name.as_str())
}
