//! The redactor of this process: what it leaves of a text may go to another processor.

use forthright_core::{Personal, Redact};

use crate::personal_data;

/// Takes out personal data that has a form, or that words around it name ([`personal_data`]).
#[derive(Debug, Clone, Copy, Default)]
pub struct Redactor;

impl Redact for Redactor {
    fn redact(&self, text: &Personal<String>) -> Personal<String> {
        Personal::new(personal_data::redact(text.reveal()))
    }
}
