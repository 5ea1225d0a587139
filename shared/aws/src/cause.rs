//! What a fault says, with what caused it, for the one line that logs it.

use std::error::Error;

/// The fault's text and those of its causes, outermost first.
pub(crate) fn with_causes(fault: &dyn Error) -> String {
    let mut text = fault.to_string();
    let mut next = fault.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use forthright_core::Fault;

    use super::*;

    #[test]
    fn causes_follow_the_fault() {
        let fault = Fault::unavailable("the table", std::io::Error::other("connection refused"));
        assert_eq!(with_causes(&fault), "the table is unavailable: connection refused");
        assert_eq!(with_causes(&Fault::rejected("no")), "rejected: no");
    }
}
