//! Decides whether a call of the demo's pages comes from the person in front of them.
//!
//! The pages act for whoever opens them, without a password. So no other site may send their forms, and none may
//! reach them under a name of its own that it points at this machine (DNS rebinding).

use forthright_core::http::{Request, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use super::page;

/// Says where a request begins: "Fetch Metadata Request Headers", W3C.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The answer if the call is refused; `hosts` are the names of this server.
pub(super) fn refused(request: &Request, hosts: &[String]) -> Option<Response> {
    let headers = request.headers();
    let host = only(headers, &header::HOST).filter(|host| hosts.iter().any(|own| own == host));
    let Some(host) = host else {
        let how = "Open this page at the address that the program printed when it started.";
        return Some(page::wrong(StatusCode::MISDIRECTED_REQUEST, how));
    };
    match *request.method() {
        Method::GET | Method::HEAD => None,
        Method::POST if is_own(headers, host) => None,
        Method::POST => {
            let how = "This form was sent by another site. Send it from the page itself.";
            Some(page::wrong(StatusCode::FORBIDDEN, how))
        }
        _ => Some(page::wrong(StatusCode::METHOD_NOT_ALLOWED, "Pages are read, forms are sent.")),
    }
}

/// Whether a form was sent from a page of this server. Whoever sends neither header is no browser, which another
/// site could use.
fn is_own(headers: &HeaderMap, host: &str) -> bool {
    let site = headers.get_all(SEC_FETCH_SITE);
    let is_site = |site: &HeaderValue| site == "same-origin" || site == "none";
    let origin = format!("http://{host}");
    site.iter().all(is_site)
        && headers.get_all(header::ORIGIN).iter().all(|from| from.as_bytes() == origin.as_bytes())
}

/// The value of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        (_, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTS: [&str; 2] = ["127.0.0.1:8080", "localhost:8080"];

    fn status(method: &Method, headers: &[(&'static str, &'static str)]) -> Option<u16> {
        let mut request = Request::default();
        *request.method_mut() = method.clone();
        for (name, value) in headers {
            request.headers_mut().append(*name, HeaderValue::from_static(value));
        }
        refused(&request, &HOSTS.map(str::to_owned)).map(|answer| answer.status().as_u16())
    }

    #[test]
    fn only_the_names_of_this_server_reach_a_page() {
        for host in HOSTS {
            assert_eq!(status(&Method::GET, &[("host", host)]), None);
        }
        for host in ["127.0.0.1", "127.0.0.1:8081", "evil.example:8080", "127.0.0.1:8080.evil", ""]
        {
            assert_eq!(status(&Method::GET, &[("host", host)]), Some(421), "{host}");
        }
        assert_eq!(status(&Method::GET, &[]), Some(421));
        assert_eq!(status(&Method::GET, &[("host", HOSTS[0]), ("host", HOSTS[1])]), Some(421));
        assert_eq!(status(&Method::DELETE, &[("host", HOSTS[0])]), Some(405));
    }

    #[test]
    fn only_a_page_of_this_server_sends_a_form() {
        let post = |site: Option<&'static str>, origin: Option<&'static str>| {
            let site = site.map(|site| ("sec-fetch-site", site));
            let origin = origin.map(|origin| ("origin", origin));
            let headers: Vec<_> =
                [Some(("host", HOSTS[0])), site, origin].into_iter().flatten().collect();
            status(&Method::POST, &headers)
        };
        let own = Some("http://127.0.0.1:8080");
        for (site, origin) in
            [(Some("same-origin"), own), (Some("none"), None), (None, own), (None, None)]
        {
            assert_eq!(post(site, origin), None, "{site:?} {origin:?}");
        }
        for (site, origin) in [
            (Some("cross-site"), None),
            (Some("same-site"), own),
            (Some("same-origin"), Some("http://localhost:8080")),
            (None, Some("null")),
            (None, Some("https://127.0.0.1:8080")),
            (None, Some("http://evil.example")),
            (Some(""), None),
        ] {
            assert_eq!(post(site, origin), Some(403), "{site:?} {origin:?}");
        }
    }
}
