//! `moods.toml` as it is read: words with strengths, and what turns them around.
//!
//! The build script reads it too.

use serde::{Deserialize, Serialize};

use crate::phrases::{PhraseList, Vocabulary, listed};

/// What a word speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mood {
    Angry,
    Sad,
    Pleased,
    Urgent,
}

/// The words of one language that tell how somebody feels.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MoodPhrases {
    pub(crate) vocabulary: Vocabulary,
    /// With their strength.
    pub(crate) feelings: PhraseList<(Mood, u16)>,
    pub(crate) marks: Vec<(char, Mood)>,
    pub(crate) negations_before: PhraseList<()>,
    pub(crate) negations_after: PhraseList<()>,
    pub(crate) no_negations: PhraseList<()>,
    pub(crate) emphasis: PhraseList<()>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    moods: Vec<MoodFile>,
    marks: MarksFile,
    negation: NegationFile,
    emphasis: EmphasisFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoodFile {
    mood: Mood,
    strength: u16,
    phrases: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MarksFile {
    angry: Vec<String>,
    sad: Vec<String>,
    pleased: Vec<String>,
    urgent: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NegationFile {
    before: String,
    after: String,
    no_effect: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EmphasisFile {
    words: String,
}

impl MoodPhrases {
    /// Reads the text of `intents/<language>/moods.toml`. Refuses a phrase that can never match as it is written.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let file: File =
            toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        let mut vocabulary = Vocabulary::default();
        let feelings = file.feelings(&mut vocabulary)?;
        let mut phrases = |list: &str| {
            let mut phrases = PhraseList::default();
            for phrase in listed(list) {
                phrases.add(&mut vocabulary, phrase, ())?;
            }
            Ok::<_, String>(phrases)
        };
        let NegationFile { before, after, no_effect } = &file.negation;
        let (negations_before, negations_after) = (phrases(before)?, phrases(after)?);
        let (no_negations, emphasis) = (phrases(no_effect)?, phrases(&file.emphasis.words)?);
        let marks = file.marks.read()?;
        Ok(Self {
            vocabulary,
            feelings,
            marks,
            negations_before,
            negations_after,
            no_negations,
            emphasis,
        })
    }
}

impl File {
    fn feelings(&self, vocabulary: &mut Vocabulary) -> Result<PhraseList<(Mood, u16)>, String> {
        let mut feelings = PhraseList::default();
        for MoodFile { mood, strength, phrases } in &self.moods {
            if !(1..=3).contains(strength) {
                return Err(format!("strength: {strength} is not from 1 to 3"));
            }
            for phrase in listed(phrases) {
                feelings.add(vocabulary, phrase, (*mood, *strength))?;
            }
        }
        for mood in [Mood::Angry, Mood::Sad, Mood::Pleased, Mood::Urgent] {
            if !feelings.meanings.iter().any(|(_, (of, _))| *of == mood) {
                return Err(format!("there are no phrases of the mood {mood:?}").to_lowercase());
            }
        }
        Ok(feelings)
    }
}

impl MarksFile {
    fn read(&self) -> Result<Vec<(char, Mood)>, String> {
        let moods = [
            (Mood::Angry, &self.angry),
            (Mood::Sad, &self.sad),
            (Mood::Pleased, &self.pleased),
            (Mood::Urgent, &self.urgent),
        ];
        let all =
            moods.into_iter().flat_map(|(mood, marks)| marks.iter().map(move |it| (it, mood)));
        all.map(|(mark, mood)| {
            let first = mark.chars().next().filter(|letter| !letter.is_alphanumeric());
            Ok((first.ok_or_else(|| format!("marks: `{mark}` is no mark"))?, mood))
        })
        .collect()
    }
}
