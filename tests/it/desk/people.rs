//! What people of the brand do at a desk, by the APIs.

use forthright_core::{Address, http::Response};
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::{Value, json};

use super::{Desk, OPERATOR_TOKEN, plain};

impl Desk {
    pub(crate) async fn api(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        self.api_with(method, path, body, HeaderMap::new()).await
    }

    /// The same with headers. Whoever takes a case or answers reads it before and says which version they have seen,
    /// unless they say something of it themselves.
    pub(crate) async fn api_with(
        &self,
        method: Method,
        path: &str,
        body: Value,
        mut headers: HeaderMap,
    ) -> (u16, Value) {
        let case = path.strip_suffix("/answer").or_else(|| path.strip_suffix("/take"));
        if let Some(case) = case
            && !headers.contains_key(header::IF_MATCH)
        {
            let shown = self.calls(Method::GET, case, Value::Null, HeaderMap::new()).await;
            headers.extend(
                shown.headers().get(header::ETAG).map(|tag| (header::IF_MATCH, tag.clone())),
            );
        }
        let response = self.calls(method, path, body, headers).await;
        let value = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
        (response.status().as_u16(), value)
    }

    /// A call with these headers and the operator's token, and nothing else.
    pub(crate) async fn calls(
        &self,
        method: Method,
        path: &str,
        body: Value,
        headers: HeaderMap,
    ) -> Response {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut request = plain(method, path, body);
        *request.headers_mut() = headers;
        let token = HeaderValue::from_str(&format!("Bearer {OPERATOR_TOKEN}")).unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, token);
        self.ask(request).await
    }

    /// The live cases.
    pub(crate) async fn cases(&self) -> Vec<Value> {
        let (status, body) = self.api(Method::GET, "/api/cases", Value::Null).await;
        assert_eq!(status, 200);
        body["cases"].as_array().unwrap().clone()
    }

    /// The reasons of the live cases.
    pub(crate) async fn reasons(&self) -> Vec<String> {
        let cases = self.cases().await;
        cases.iter().map(|case| case["reason"].as_str().unwrap().to_owned()).collect()
    }

    /// A request of a data subject: its id, noted and not yet advanced.
    pub(crate) async fn request(&self, kind: &str, id: &str) -> (u16, String) {
        let Address { channel, account, .. } = self.at();
        let subject = json!({ "channel": channel, "account": account, "id": id });
        let body = json!({ "kind": kind, "subject": subject });
        let (status, body) = self.api(Method::POST, "/api/requests", body).await;
        (status, body["request"]["request"].as_str().unwrap_or_default().to_owned())
    }

    /// The whole export of a person.
    pub(crate) async fn export(&self, id: &str) -> Value {
        let (status, request) = self.request("access", id).await;
        assert_eq!(status, 202);
        let path = format!("/api/requests/{request}/export");
        let (status, export) = self.api(Method::GET, &path, Value::Null).await;
        assert_eq!(status, 200);
        export
    }
}
