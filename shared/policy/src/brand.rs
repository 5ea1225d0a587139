//! A brand: for whom the machine speaks, on which accounts, and how a customer reaches a person.

use std::{num::NonZeroU32, time::Duration};

use forthright_core::{
    Account, AccountId, Address, BrandId, Channel, Language, SettingsError, Source,
    gate::{HUMAN_AGENT_WINDOW, WINDOW},
};
use serde::Deserialize;

use crate::wording::CODE;
pub use crate::wording::Context;
use crate::{engine::Engine, fault::ContentError};

/// The longest that a message may have waited and still be answered by a machine, in minutes: a day, the
/// window in which WhatsApp takes free text at all.
const LATE_AFTER_MINUTES_MAX: u64 = 24 * 60;

/// How many messages in a row the machine answers where the brand's file does not say.
const TURNS_MAX_DEFAULT: u32 = 8;
/// More than this is no limit.
const TURNS_MAX_MAX: u32 = 1_000_000;

/// How sure a detector must be where the brand's file does not say, in thousandths. `forthright eval` says of lines of one's own
/// from where on 97 of 100 answers are right.
const SURE_FROM_PERMILLE_DEFAULT: u16 = 700;
/// Whoever is less sure guesses.
const SURE_FROM_PERMILLE_MIN: u16 = 500;

/// A brand, as `brands/<brand>.toml` tells it; checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand {
    id: BrandId,
    jurisdictions: Vec<String>,
    language: Language,
    languages: Vec<Language>,
    accounts: Vec<AccountEntry>,
    late_after: Duration,
    turns_max: u32,
    sure_from_permille: u16,
    engine: Engine,
    context: Context,
}

/// An account, with the names of the secrets that open it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AccountEntry {
    channel: Channel,
    id: AccountId,
    api_base: String,
    api_version: String,
    app_secrets: Vec<String>,
    verify_token: String,
    access_token: String,
    messages_per_second: NonZeroU32,
    human_agent: bool,
}

impl AccountEntry {
    const fn people_window(&self) -> Duration {
        if self.human_agent { HUMAN_AGENT_WINDOW } else { WINDOW }
    }
}

/// How many messages a second an account may send where its file does not say: WhatsApp's "80 messages per second by
/// default" for a number ("Throughput"), Messenger's "300 calls per second" for texts of a Page ("Rate limits").
const fn pace_of(channel: Channel) -> NonZeroU32 {
    const WHATSAPP: NonZeroU32 = NonZeroU32::new(80).unwrap();
    const MESSENGER: NonZeroU32 = NonZeroU32::new(300).unwrap();
    match channel {
        Channel::WhatsApp => WHATSAPP,
        Channel::Messenger => MESSENGER,
    }
}

impl Brand {
    /// Reads the brand file at `path`, which is named after the brand.
    pub fn parse(path: &str, text: &str) -> Result<Self, ContentError> {
        let file: BrandFile =
            toml::from_str(text).map_err(|error| ContentError::toml(path, text, 0, &error))?;
        let wrong = |what: String| ContentError::new(path, what);
        let id: BrandId = file.brand.parse().map_err(|error| wrong(format!("brand: {error}")))?;
        if path.rsplit('/').next() != Some(&format!("{id}.toml")) {
            return Err(wrong("brand: must be the name of the file".to_owned()));
        }
        let context = file.context().map_err(wrong)?;
        let mut languages = Vec::new();
        for (index, code) in file.languages.iter().enumerate() {
            languages
                .push(code.parse().map_err(|error| wrong(format!("languages[{index}]: {error}")))?);
        }
        let Some(language) = languages.first().copied() else {
            return Err(wrong("languages: name at least one".to_owned()));
        };
        for (index, code) in file.jurisdictions.iter().enumerate() {
            if code.is_empty() || !code.bytes().all(|b| b.is_ascii_uppercase() || b == b'-') {
                return Err(wrong(format!(
                    "jurisdictions[{index}]: must be such as `EU` or `US-CA`"
                )));
            }
        }
        let minutes = file.answering.late_after_minutes;
        if !(1..=LATE_AFTER_MINUTES_MAX).contains(&minutes) {
            let range = format!("must be 1 to {LATE_AFTER_MINUTES_MAX}");
            return Err(wrong(format!("answering.late_after_minutes: {range}")));
        }
        let turns_max = file.answering.turns_max.unwrap_or(TURNS_MAX_DEFAULT);
        if !(1..=TURNS_MAX_MAX).contains(&turns_max) {
            let range = format!("must be 1 to {TURNS_MAX_MAX}");
            return Err(wrong(format!("answering.turns_max: {range}")));
        }
        let sure_from_permille = file.answering.sure_from.unwrap_or(SURE_FROM_PERMILLE_DEFAULT);
        if !(SURE_FROM_PERMILLE_MIN..=1_000).contains(&sure_from_permille) {
            let range = format!("must be {SURE_FROM_PERMILLE_MIN} to 1000, in thousandths");
            return Err(wrong(format!("answering.sure_from: {range}")));
        }
        let engine = match &file.answering.engine {
            None => Engine::default(),
            Some(name) => {
                name.parse().map_err(|error| wrong(format!("answering.engine: {error}")))?
            }
        };
        Ok(Self {
            id,
            jurisdictions: file.jurisdictions,
            language,
            languages,
            accounts: accounts(&file.accounts).map_err(wrong)?,
            late_after: Duration::from_mins(minutes),
            turns_max,
            sure_from_permille,
            engine,
            context,
        })
    }

    /// Its name in files, paths and records.
    pub const fn id(&self) -> &BrandId {
        &self.id
    }

    /// The legal name of the business that answers.
    pub fn operator(&self) -> &str {
        &self.context.operator
    }

    /// Where its customers are; none means unknown, and then the strictest of all rules.
    pub fn jurisdictions(&self) -> &[String] {
        &self.jurisdictions
    }

    /// The language that the machine answers in where it does not know the customer's.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// Every language that the brand speaks, [`Self::language`] first.
    pub fn languages(&self) -> &[Language] {
        &self.languages
    }

    /// How old a message may be and still be answered by a machine.
    pub const fn late_after(&self) -> Duration {
        self.late_after
    }

    /// The language in which an answer goes to who wrote in `written`: that one, if the brand speaks it, and the brand's
    /// own if nobody knows it. None if the brand does not speak it: a person gets the message.
    pub fn language_for(&self, written: Option<Language>) -> Option<Language> {
        match written {
            None => Some(self.language),
            Some(written) => self.languages.contains(&written).then_some(written),
        }
    }

    /// How many messages that somebody writes in a row a machine answers: after so many it does not seem to help.
    pub const fn turns_max(&self) -> u32 {
        self.turns_max
    }

    /// How sure a detector must be before a machine answers, in thousandths. Below it a person does.
    pub const fn sure_from_permille(&self) -> u16 {
        self.sure_from_permille
    }

    /// What tells what a person wants.
    pub const fn engine(&self) -> Engine {
        self.engine
    }

    /// What its texts may name: operator, the words for a person, for stopping and for data, the privacy notice.
    pub const fn context(&self) -> &Context {
        &self.context
    }

    /// Every account's address.
    pub fn addresses(&self) -> Vec<Address> {
        self.accounts.iter().map(|entry| self.address(entry)).collect()
    }

    /// Each account, and how long after a customer's message the brand's people may answer there.
    pub fn people_windows(&self) -> Vec<(Address, Duration)> {
        let with = |entry| (self.address(entry), AccountEntry::people_window(entry));
        self.accounts.iter().map(with).collect()
    }

    fn address(&self, entry: &AccountEntry) -> Address {
        Address { brand: self.id.clone(), channel: entry.channel, account: entry.id.clone() }
    }

    /// Every account with its secrets, looked up by name in `source`.
    ///
    /// Fails with the name of the first secret that is missing or too short: nothing is served then.
    pub fn accounts(&self, source: &Source) -> Result<Vec<Account>, SettingsError> {
        self.accounts.iter().map(|entry| self.open(entry, source)).collect()
    }

    fn open(&self, entry: &AccountEntry, source: &Source) -> Result<Account, SettingsError> {
        let app_secrets = entry.app_secrets.iter().map(|name| source.active(name));
        Ok(Account {
            at: self.address(entry),
            api_base: entry.api_base.clone(),
            api_version: entry.api_version.clone(),
            app_secrets: app_secrets.collect::<Result<Vec<_>, _>>()?.concat(),
            verify_token: source.secret(&entry.verify_token)?,
            access_token: source.secret(&entry.access_token)?,
            messages_per_second: entry.messages_per_second,
            people_window: entry.people_window(),
        })
    }

    /// The names of all secrets that [`Self::accounts`] asks for, each once.
    pub fn secret_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .accounts
            .iter()
            .flat_map(|entry| {
                let tokens = [&entry.verify_token, &entry.access_token];
                entry.app_secrets.iter().chain(tokens).map(String::as_str)
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The same brand, its accounts on `channel` reaching the platform's API at `api_base`: a stand-in, or a
    /// proxy. It must be as the file demands it: `https://`, or `http://` on this machine.
    pub fn with_api_base(mut self, channel: Channel, api_base: &str) -> Result<Self, ContentError> {
        let path = format!("brands/{}.toml", self.id);
        base(api_base)
            .map_err(|what| ContentError::new(&path, format_args!("api_base: {what}")))?;
        for entry in self.accounts.iter_mut().filter(|entry| entry.channel == channel) {
            api_base.clone_into(&mut entry.api_base);
        }
        Ok(self)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BrandFile {
    brand: String,
    operator: String,
    jurisdictions: Vec<String>,
    languages: Vec<String>,
    accounts: Vec<AccountFile>,
    contact: ContactFile,
    privacy: PrivacyFile,
    answering: AnsweringFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountFile {
    channel: String,
    id: String,
    api_base: String,
    api_version: String,
    app_secrets: Vec<String>,
    verify_token: String,
    access_token: String,
    messages_per_second: Option<NonZeroU32>,
    #[serde(default)]
    human_agent: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "these are the names in the file")]
struct ContactFile {
    person_word: String,
    stop_word: String,
    data_word: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrivacyFile {
    notice_url: String,
    officer: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnsweringFile {
    late_after_minutes: u64,
    turns_max: Option<u32>,
    sure_from: Option<u16>,
    engine: Option<String>,
}

impl BrandFile {
    fn context(&self) -> Result<Context, String> {
        let line = |field: &str, text: &str, chars_max: usize| {
            let fits = (1..=chars_max).contains(&text.chars().count())
                && text.trim() == text
                && !text.chars().any(char::is_control);
            if fits {
                Ok(text.to_owned())
            } else {
                Err(format!("{field}: must be one line of 1 to {chars_max} characters"))
            }
        };
        let word = |field: &str, text: &str| {
            if text.chars().any(char::is_lowercase) {
                return Err(format!("{field}: must be in capitals, so that it stands out"));
            }
            line(field, text, 20)
        };
        base(&self.privacy.notice_url).map_err(|what| format!("privacy.notice_url: {what}"))?;
        let context = Context {
            operator: line("operator", &self.operator, 100)?,
            person_word: word("contact.person_word", &self.contact.person_word)?,
            stop_word: word("contact.stop_word", &self.contact.stop_word)?,
            data_word: word("contact.data_word", &self.contact.data_word)?,
            privacy_url: line("privacy.notice_url", &self.privacy.notice_url, 200)?,
            privacy_contact: line("privacy.officer", &self.privacy.officer, 200)?,
            code: CODE.to_owned(),
        };
        let words = [&context.person_word, &context.stop_word, &context.data_word];
        let [person, stop, data] = words;
        if person == stop || person == data || stop == data {
            return Err("contact: the three words must differ".to_owned());
        }
        Ok(context)
    }
}

fn accounts(files: &[AccountFile]) -> Result<Vec<AccountEntry>, String> {
    let mut entries: Vec<AccountEntry> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let entry = account(file).map_err(|what| format!("accounts[{index}].{what}"))?;
        if entries.iter().any(|other| other.channel == entry.channel && other.id == entry.id) {
            return Err(format!("accounts[{index}].id: is there twice"));
        }
        entries.push(entry);
    }
    if entries.is_empty() {
        return Err("accounts: name at least one".to_owned());
    }
    Ok(entries)
}

fn account(file: &AccountFile) -> Result<AccountEntry, String> {
    base(&file.api_base).map_err(|what| format!("api_base: {what}"))?;
    if !is_version(&file.api_version) {
        return Err("api_version: must be such as `v25.0`".to_owned());
    }
    if !(1..=2).contains(&file.app_secrets.len()) {
        return Err("app_secrets: name one secret, or two while they are rotated".to_owned());
    }
    let secrets =
        file.app_secrets.iter().enumerate().map(|(at, name)| (format!("app_secrets[{at}]"), name));
    let tokens = [
        ("verify_token".to_owned(), &file.verify_token),
        ("access_token".to_owned(), &file.access_token),
    ];
    for (field, name) in secrets.chain(tokens) {
        if !is_setting_name(name) {
            return Err(format!(
                "{field}: must be the name of a secret, such as `DEMO_WHATSAPP_APP_SECRET`, never the secret itself"
            ));
        }
    }
    let channel = file.channel.parse().map_err(|error| format!("channel: {error}"))?;
    if file.human_agent && channel != Channel::Messenger {
        return Err("human_agent: only Messenger has that permission".to_owned());
    }
    Ok(AccountEntry {
        channel,
        id: file.id.parse().map_err(|error| format!("id: {error}"))?,
        api_base: file.api_base.clone(),
        api_version: file.api_version.clone(),
        app_secrets: file.app_secrets.clone(),
        verify_token: file.verify_token.clone(),
        access_token: file.access_token.clone(),
        messages_per_second: file.messages_per_second.unwrap_or(pace_of(channel)),
        human_agent: file.human_agent,
    })
}

/// Whether a text is an address that data may be sent to: encrypted, or not leaving this machine.
fn base(text: &str) -> Result<(), &'static str> {
    const WRONG: &str = "must be such as `https://example.com`, without a slash at the end; `http://` only on this machine";
    let (rest, local_only) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (rest, false),
        (None, Some(rest)) => (rest, true),
        (None, None) => return Err(WRONG),
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => host,
        _ => authority,
    };
    let is_path = rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@\\".contains(&byte));
    let is_local = matches!(host, "127.0.0.1" | "localhost" | "[::1]");
    let is_name = !host.is_empty()
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    if is_path && !rest.ends_with('/') && (is_local || (is_name && !local_only)) {
        Ok(())
    } else {
        Err(WRONG)
    }
}

fn is_version(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_prefix('v')
        .and_then(|numbers| numbers.split_once('.'))
        .is_some_and(|(major, minor)| is_number(major) && is_number(minor))
}

fn is_setting_name(text: &str) -> bool {
    text.contains('_')
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests;
