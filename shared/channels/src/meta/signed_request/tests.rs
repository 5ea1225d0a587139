use SignedRequestRejection::{
    Algorithm, Encoding, Field, Mismatch, NoSecret, Payload as Unread, Shape, TooLarge,
};
use aws_lc_rs::hmac;

use super::*;

const PAYLOAD: &str = r#"{"algorithm":"HMAC-SHA256","expires":1291840400,"issued_at":1291836800,"user_id":"CANARY218"}"#;

fn mac(secret: &str, encoded: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::sign(&key, encoded.as_bytes()).as_ref().to_vec()
}

fn form_of(encoded: &str) -> String {
    format!("signed_request={}.{encoded}", BASE64URL_NOPAD.encode(&mac("one", encoded)))
}

fn form(payload: &str) -> String {
    form_of(&BASE64URL_NOPAD.encode(payload.as_bytes()))
}

fn read_form(form: &str) -> Result<SignedRequest, SignedRequestRejection> {
    signed_request(&[Secret::from("old"), Secret::from("one")], form.as_bytes())
}

#[test]
fn what_meta_signed_is_read() {
    let request = read_form(&form(PAYLOAD)).unwrap();
    assert!(request.user_id == Some("CANARY218".into()));
    assert_eq!(request.issued_at, Some(Time::from_seconds(1_291_836_800)));
    assert!(request.payload == PAYLOAD.as_bytes());
    assert!(!format!("{request:?}").contains("218"));
}

#[test]
fn meta_writes_the_same_in_several_ways() {
    // Padded; the signature is over the padding as well.
    let padded = BASE64URL.encode(br#"{"algorithm":"HMAC-SHA256"}  "#);
    assert!(padded.ends_with('='));
    assert!(read_form(&form_of(&padded)).is_ok());
    let signature = BASE64URL.encode(&mac("one", &padded));
    assert!(read_form(&format!("signed_request={signature}.{padded}")).is_ok());
    assert!(
        read_form(&format!("a=b&signed_request={signature}.{padded}").replace('=', "%3D"))
            .is_err_and(|why| why == Field)
    );
    let escaped = format!("{signature}.{padded}").replace('=', "%3D");
    assert!(read_form(&format!("a=b&signed_request={escaped}&c=d")).is_ok());

    for (payload, user, issued) in [
        (r#"{"algorithm":"hmac-sha256","issued_at":"1411072285","user_id":4915550}"#, true, true),
        (
            r#"{"algorithm":"HMAC-SHA256","user_id":null,"profile_id":"1","issued_at":1}"#,
            false,
            true,
        ),
        (r#"{"algorithm":"HMAC-SHA256"}"#, false, false),
    ] {
        let request = read_form(&form(payload)).unwrap();
        assert_eq!((request.user_id.is_some(), request.issued_at.is_some()), (user, issued));
    }
}

#[test]
fn everything_else_is_refused() {
    let encoded = BASE64URL_NOPAD.encode(PAYLOAD.as_bytes());
    let signature = BASE64URL_NOPAD.encode(&mac("one", &encoded));
    let unsigned = BASE64URL_NOPAD.encode(br#"{"algorithm":"none","user_id":"CANARY"}"#);
    let with_sha1 = {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"one");
        BASE64URL_NOPAD.encode(hmac::sign(&key, encoded.as_bytes()).as_ref())
    };
    let over_decoded = BASE64URL_NOPAD.encode(&mac("one", PAYLOAD));
    let table = [
        (Field, String::new()),
        (Field, "other=x".to_owned()),
        (
            Field,
            format!("signed_request={signature}.{encoded}&signed_request={signature}.{encoded}"),
        ),
        (Shape, "signed_request=".to_owned()),
        (Shape, format!("signed_request={encoded}")),
        (Shape, format!("signed_request={signature}.{encoded}.")),
        (Shape, format!("signed_request={signature}.{encoded}.{encoded}")),
        (Shape, format!("signed_request=.{signature}.{encoded}")),
        (Encoding, format!("signed_request={signature}=.{encoded}=").replace("=.", "==.")),
        (Encoding, format!("signed_request=%2b{signature}.{encoded}")),
        (Encoding, format!("signed_request=*.{encoded}")),
        (Mismatch, format!("signed_request=.{encoded}")),
        (Mismatch, format!("signed_request={encoded}.{signature}")),
        (Mismatch, format!("signed_request={signature}.{encoded}=")),
        (Mismatch, format!("signed_request={signature}.")),
        (Mismatch, format!("signed_request={with_sha1}.{encoded}")),
        (Mismatch, format!("signed_request={over_decoded}.{encoded}")),
        (Mismatch, format!("signed_request={signature}.{unsigned}")),
        (Mismatch, format!("signed_request=.{unsigned}")),
        (Algorithm, form(r#"{"algorithm":"none"}"#)),
        (Algorithm, form(r#"{"algorithm":"HMAC-SHA1"}"#)),
        (Algorithm, form(r#"{"algorithm":null}"#)),
        (Algorithm, form("{}")),
        (Unread, form("not JSON")),
        (Unread, form("[]")),
        (Unread, form(r#"["HMAC-SHA256",1,"CANARY"]"#)),
        (Unread, form(r#"{"algorithm":"HMAC-SHA256","user_id":{}}"#)),
        (Unread, form(r#"{"algorithm":"HMAC-SHA256","issued_at":"yesterday"}"#)),
        (TooLarge, format!("signed_request={}", "a".repeat(FORM_BYTES_MAX))),
    ];
    for (index, (why, form)) in table.into_iter().enumerate() {
        assert_eq!(read_form(&form).err(), Some(why), "row {index}");
    }
    for secrets in [vec![], vec![Secret::from("")]] {
        let outcome = signed_request(&secrets, form(PAYLOAD).as_bytes());
        assert_eq!(outcome.err(), Some(NoSecret));
    }
}

#[test]
fn no_flipped_bit_is_believed() {
    let right = form(PAYLOAD).into_bytes();
    for index in "signed_request=".len()..right.len() {
        for bit in 0..8 {
            let mut flipped = right.clone();
            flipped[index] ^= 1 << bit;
            let outcome = signed_request(&[Secret::from("one")], &flipped);
            assert!(outcome.is_err(), "byte {index}, bit {bit}");
        }
    }
}

#[test]
fn statuses_tell_the_malformed_from_the_unbelieved() {
    assert_eq!(Field.status(), StatusCode::BAD_REQUEST);
    assert_eq!(Mismatch.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(TooLarge.status(), StatusCode::PAYLOAD_TOO_LARGE);
}
