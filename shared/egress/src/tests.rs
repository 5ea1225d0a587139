//! What comes of a call, against a small server on this machine.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;

const REQUEST_END: &[u8] = b"\r\n\r\n";

fn request(uri: &str) -> Request {
    http::Request::post(uri).body(Bytes::from_static(b"body")).unwrap()
}

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    (listener, base)
}

fn egress(base: &str) -> Egress {
    Egress::new(vec![AllowedHost::from_api_base(base).unwrap()]).unwrap()
}

/// Reads one request with the body `body`.
async fn read(stream: &mut TcpStream) -> Vec<u8> {
    let mut seen = Vec::new();
    while !seen.windows(4).any(|window| window == REQUEST_END) || !seen.ends_with(b"body") {
        let count = stream.read_buf(&mut seen).await.unwrap();
        assert_ne!(count, 0, "the client closed early");
    }
    seen
}

/// Calls a server that gives `answer` and then closes the connection.
async fn answered(answer: &[u8]) -> Result<Response, ExchangeFault> {
    let (listener, base) = listener().await;
    let egress = egress(&base);
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        read(&mut stream).await;
        // It fails if the client has had enough of a long answer.
        drop(stream.write_all(answer).await);
    };
    let uri = format!("{base}/v25.0/1/messages");
    tokio::join!(egress.exchange(request(&uri)), serve).0
}

#[tokio::test]
async fn an_allowed_host_is_called_and_its_connection_kept() {
    let (listener, base) = listener().await;
    let egress = egress(&base);
    let serve = async {
        // One connection serves both calls.
        let (mut stream, _) = listener.accept().await.unwrap();
        for _ in 0..2 {
            let seen = read(&mut stream).await;
            assert!(seen.starts_with(b"POST /path HTTP/1.1\r\n"));
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        }
    };
    let calls = async {
        for _ in 0..2 {
            let response = egress.exchange(request(&format!("{base}/path"))).await.unwrap();
            assert_eq!((response.status().as_u16(), response.body().as_ref()), (200, &b"ok"[..]));
        }
    };
    tokio::join!(calls, serve);
}

#[tokio::test]
async fn no_other_host_hears_of_it() {
    let (listener, base) = listener().await;
    let egress = egress("https://graph.facebook.com");
    for uri in [format!("{base}/"), "https://example.com/".to_owned(), "/path".to_owned()] {
        let outcome = egress.exchange(request(&uri)).await;
        assert!(matches!(outcome, Err(ExchangeFault::NotAllowed(_))), "{uri}");
    }
    let called = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(called.is_err(), "somebody called");
    assert!(matches!(Egress::new(Vec::new()), Err(EgressError::NothingAllowed)));
}

#[tokio::test]
async fn a_refused_connection_is_known_to_have_sent_nothing() {
    let (listener, base) = listener().await;
    drop(listener);
    let outcome = egress(&base).exchange(request(&base)).await;
    assert!(matches!(outcome, Err(ExchangeFault::NotSent(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_server_without_tls_is_known_to_have_got_nothing() {
    let (listener, base) = listener().await;
    let secure = base.replace("http://", "https://");
    let egress = egress(&secure);
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    };
    let (outcome, ()) = tokio::join!(egress.exchange(request(&secure)), serve);
    assert!(matches!(outcome, Err(ExchangeFault::NotSent(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_connection_dropped_after_the_request_leaves_the_outcome_unknown() {
    for answer in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhal",
        b"nonsense\r\n\r\n",
    ] {
        let outcome = answered(answer).await;
        assert!(matches!(outcome, Err(ExchangeFault::Unknown(_))), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_handed_back_and_not_followed() {
    let (elsewhere, other) = listener().await;
    let head = format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {other}/\r\n");
    let answer = format!("{head}content-length: 0\r\n\r\n");
    let response = answered(answer.as_bytes()).await.unwrap();
    assert_eq!(response.status().as_u16(), 307);
    let called = tokio::time::timeout(Duration::from_millis(50), elsewhere.accept()).await;
    assert!(called.is_err(), "the redirect was followed");
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_the_end() {
    let answer = |length: usize| {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        [head.into_bytes(), vec![b'x'; length]].concat()
    };
    assert!(answered(&answer(RESPONSE_BYTES_MAX)).await.is_ok());
    let outcome = answered(&answer(RESPONSE_BYTES_MAX + 1)).await;
    assert!(matches!(outcome, Err(ExchangeFault::Unknown(_))));
}

#[tokio::test]
async fn a_silent_server_is_given_up_on() {
    let (listener, base) = listener().await;
    let egress = Egress { timeout: Duration::from_millis(100), ..egress(&base) };
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        read(&mut stream).await;
        // Until the client closes.
        assert_eq!(stream.read(&mut [0; 16]).await.unwrap_or(0), 0);
    };
    let (outcome, ()) = tokio::join!(egress.exchange(request(&base)), serve);
    assert!(matches!(outcome, Err(ExchangeFault::Unknown(_))), "{outcome:?}");
}
