//! Who of the people of a brand may call what: by a role that the host has proved, or by the operator's token.

use std::str::FromStr;

use ::http::StatusCode;

use crate::{
    fault::Fault,
    http::{Request, Response, bears, error},
    personal::Secret,
};

/// What somebody does for a brand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Answers customers.
    Agent,
    /// Sees that things are done, and nobody's words.
    Auditor,
    /// Runs the deployment.
    Operator,
    /// Serves data subjects.
    PrivacyOfficer,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Agent, Self::Auditor, Self::Operator, Self::PrivacyOfficer];

    /// The name that groups of people bear.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
            Self::PrivacyOfficer => "privacy_officer",
        }
    }
}

impl FromStr for Role {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let role = Self::ALL.into_iter().find(|role| role.name() == text);
        role.ok_or(Fault::rejected("unknown role"))
    }
}

/// The roles that the host has proved of who calls. Only a host puts it into a request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller(pub Vec<Role>);

/// Why a call is not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// Nobody has proved who calls.
    Unproven,
    /// Who calls has none of the roles.
    Forbidden,
}

impl Denied {
    /// What the caller is told.
    pub fn response(self) -> Response {
        match self {
            Self::Unproven => {
                error(StatusCode::UNAUTHORIZED, "send `Authorization: Bearer <operator token>`")
            }
            Self::Forbidden => error(StatusCode::FORBIDDEN, "your role does not allow this"),
        }
    }
}

/// Admits who has one of `roles`, or bears the operator's `token`, which opens everything.
pub fn admit(request: &Request, token: &Secret, roles: &[Role]) -> Result<(), Denied> {
    match request.extensions().get() {
        Some(Caller(own)) if own.iter().any(|role| roles.contains(role)) => Ok(()),
        _ if bears(request, token) => Ok(()),
        Some(Caller(_)) => Err(Denied::Forbidden),
        None => Err(Denied::Unproven),
    }
}

#[cfg(test)]
mod tests {
    use ::http::{HeaderValue, header};

    use super::*;

    fn call(caller: Option<&[Role]>, token: Option<&'static str>) -> Result<(), Denied> {
        let mut request = Request::default();
        if let Some(roles) = caller {
            request.extensions_mut().insert(Caller(roles.to_vec()));
        }
        if let Some(token) = token {
            request.headers_mut().insert(header::AUTHORIZATION, HeaderValue::from_static(token));
        }
        admit(&request, &"the operators own".into(), &[Role::Agent, Role::Operator])
    }

    #[test]
    fn a_role_or_the_token_opens_and_nothing_else_does() {
        assert_eq!(call(Some(&[Role::Auditor, Role::Agent]), None), Ok(()));
        assert_eq!(call(None, Some("Bearer the operators own")), Ok(()));
        for roles in [&[][..], &[Role::Auditor, Role::PrivacyOfficer]] {
            assert_eq!(call(Some(roles), Some("Bearer a token of theirs")), Err(Denied::Forbidden));
        }
        for token in [None, Some("Bearer another"), Some("the operators own")] {
            assert_eq!(call(None, token), Err(Denied::Unproven));
        }
    }

    #[test]
    fn a_role_is_read_by_its_name() {
        for role in Role::ALL {
            assert_eq!(role.name().parse::<Role>().ok(), Some(role));
        }
        assert!("Agent".parse::<Role>().is_err() && "".parse::<Role>().is_err());
    }
}
