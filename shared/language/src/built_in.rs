//! The phrases of all languages as they are built into the program: read, so that who starts it need not wait for that.

use serde::{Deserialize, Serialize};

use crate::{moods_file::MoodPhrases, rules_file::RulePhrases};

/// The phrases of every language that has some, in the order of the languages' names. Intents, triggers and languages are told
/// by their names: the build script knows no more of them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct BuiltIn {
    pub(crate) rules: RulePhrases<String, String>,
    pub(crate) moods: Vec<(String, MoodPhrases)>,
}
