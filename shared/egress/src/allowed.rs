//! Which hosts may be called.

use http::{Uri, uri::Scheme};

use crate::EgressError;

/// A host that may be called: scheme, name and port, all of which must be the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost {
    secure: bool,
    /// In lower case; an IPv6 address in its brackets.
    name: String,
    port: u16,
}

impl AllowedHost {
    /// The host of an account's API address, such as `https://graph.facebook.com`.
    ///
    /// Tokens and texts travel there, so plain `http://` is taken only for this very machine, where the
    /// stand-ins are.
    pub fn from_api_base(api_base: &str) -> Result<Self, EgressError> {
        let uri: Uri = api_base.parse().ok().ok_or(EgressError::ApiBase)?;
        let host = Self::of(&uri).ok_or(EgressError::ApiBase)?;
        let bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        if bare && (host.secure || host.is_here()) { Ok(host) } else { Err(EgressError::ApiBase) }
    }

    /// Whether a request to `uri` goes to this host.
    pub(crate) fn covers(&self, uri: &Uri) -> bool {
        Self::of(uri).is_some_and(|other| other == *self)
    }

    fn of(uri: &Uri) -> Option<Self> {
        let secure = match uri.scheme()? {
            scheme if *scheme == Scheme::HTTPS => true,
            scheme if *scheme == Scheme::HTTP => false,
            _ => return None,
        };
        let authority = uri.authority()?;
        // `allowed.example@elsewhere.example` reads like one host and is another.
        if authority.as_str().contains('@') {
            return None;
        }
        // The library takes a port that is no port for none at all.
        let port = match authority.as_str().strip_prefix(authority.host())? {
            "" if secure => 443,
            "" => 80,
            written => written.strip_prefix(':')?.parse().ok()?,
        };
        let name = authority.host().to_ascii_lowercase();
        (!name.is_empty()).then_some(Self { secure, name, port })
    }

    fn is_here(&self) -> bool {
        matches!(self.name.as_str(), "127.0.0.1" | "[::1]" | "localhost")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_of_hosts_are_taken() {
        for right in [
            "https://graph.facebook.com",
            "https://graph.facebook.com/",
            "https://graph.facebook.com:8443",
            "http://127.0.0.1:9000",
            "http://[::1]:9000",
            "http://localhost",
        ] {
            assert!(AllowedHost::from_api_base(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "graph.facebook.com",
            "http://graph.facebook.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://169.254.169.254",
            "https://user@graph.facebook.com",
            "https://graph.facebook.com/path",
            "https://graph.facebook.com?x=1",
            "https://graph.facebook.com:99999",
            "ftp://localhost",
            "file:///etc/hosts",
        ] {
            assert!(AllowedHost::from_api_base(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn scheme_name_and_port_must_all_be_the_same() {
        let host = AllowedHost::from_api_base("https://Graph.facebook.com").unwrap();
        let covers = |uri: &str| host.covers(&uri.parse().unwrap());
        for right in
            ["https://graph.facebook.com/v25.0/1/messages", "https://GRAPH.facebook.com:443/"]
        {
            assert!(covers(right), "{right}");
        }
        for wrong in [
            "http://graph.facebook.com/",
            "https://graph.facebook.com:444/",
            "https://graph.facebook.com.example.com/",
            "https://graph.facebook.com@example.com/",
            "https://x:y@graph.facebook.com/",
            "https://facebook.com/",
            "/v25.0/1/messages",
        ] {
            assert!(!covers(wrong), "{wrong}");
        }
    }
}
