//! What lies sealed in a subject's rows.

use serde::{Deserialize, Serialize};

use crate::{ids::PlatformId, offer::Choice, personal::Personal};

/// What a person wrote, and who they are on the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Their ids, the one to prefer first.
    pub ids: Vec<PlatformId>,
    /// The name that they show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Personal<String>>,
    /// The platform's id of the message.
    pub platform_message_id: Personal<String>,
    /// The text; none if it was not text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Personal<String>>,
    /// What was pressed, if the text stood on something to press.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pressed: Option<Choice>,
}

/// What a person of the brand noted for their colleagues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// The note.
    pub text: Personal<String>,
}

/// What we said, or are to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// To whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<PlatformId>,
    /// The text; none while a template is still to be rendered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Personal<String>>,
}
