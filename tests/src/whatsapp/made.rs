//! Makes a body out of any bytes: mostly as the platform writes it, with something else wherever it hurts.

use std::fmt::Write;

use arbitrary::{Result, Unstructured};

use super::{OF_ANOTHER_APP, OF_ANOTHER_BRAND, OWN, SIBLING};

/// What may stand where something else belongs, as JSON.
const STRANGE: [&str; 24] = [
    "null",
    "true",
    "0",
    "-1",
    "-0",
    "7.5",
    "1e400",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "\"\"",
    "\" \"",
    "\"-9223372036854775809\"",
    "\"9223372036854775807\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\\u0000\"",
    "\"\u{202e}\u{feff}CANARY\"",
    "[]",
    "{}",
    "[[[[]]]]",
    "[\"CANARY\",\"CANARY\",\"1\",\"text\",{\"body\":\"CANARY\"}]",
    "{\"\":{\"body\":\"CANARY\"}}",
    "\"CANARY\\\"]}\"",
];
const PEOPLE: [&str; 5] = [
    "\"4915550000001\"",
    "4915550000002",
    "\"+49 155 5000-0003\"",
    "\"US.CANARY1\"",
    "\"US.CANARY2\"",
];
const IDS: [&str; 4] = ["\"wamid.CANARY1\"", "\"wamid.CANARY2\"", "\"wamid.\\u0043ANARY3\"", "7"];
const TIMES: [&str; 5] = ["\"1749416383\"", "1749416383", "\"0\"", "\"-1\"", "253402300800"];
const KINDS: [&str; 8] = [
    "\"text\"",
    "\"image\"",
    "\"reaction\"",
    "\"system\"",
    "\"revoke\"",
    "\"unsupported\"",
    "\"brand_new\"",
    "\"CANARY 4915550\"",
];
const TEXTS: [&str; 5] = [
    "\"CANARY where is my order?\"",
    "\"CANARY \\u00e4\\ud83d\\ude00 a\\/b\"",
    "\"{{ operator }}{% CANARY %}\"",
    "\"STOP\"",
    "\"\\u0000\\u202eCANARY\\n\"",
];
const STAGES: [&str; 5] = ["\"sent\"", "\"read\"", "\"failed\"", "\"brand_new\"", "\"played\""];

/// The body that these bytes make.
pub(super) fn body(input: &[u8]) -> String {
    let mut writer = Writer { input: Unstructured::new(input), json: String::new() };
    // It ends where the bytes do, in the middle of anything: that is a body, too.
    let _ = writer.body();
    writer.json
}

struct Writer<'a> {
    input: Unstructured<'a>,
    json: String,
}

type Part<'a> = fn(&mut Writer<'a>) -> Result<()>;

impl<'a> Writer<'a> {
    fn body(&mut self) -> Result<()> {
        self.object(&[
            ("object", |it| it.one_of(&["\"whatsapp_business_account\""])),
            ("entry", |it| it.list(Self::entry)),
        ])
    }

    fn entry(&mut self) -> Result<()> {
        self.object(&[("id", |it| it.one_of(&IDS)), ("changes", |it| it.list(Self::change))])
    }

    fn change(&mut self) -> Result<()> {
        self.object(&[
            ("field", |it| {
                it.one_of(&["\"messages\"", "\"messages\"", "\"smb_message_echoes\"", "\"calls\""])
            }),
            ("value", |it| {
                it.object(&[
                    ("metadata", Self::metadata),
                    ("contacts", |it| it.list(Self::contact)),
                    ("messages", |it| it.list(Self::message)),
                    ("statuses", |it| it.list(Self::status)),
                    ("message_echoes", |it| it.list(Self::status)),
                    ("errors", |it| it.one_of(&["[{\"code\":130429}]"])),
                ])
            }),
        ])
    }

    fn metadata(&mut self) -> Result<()> {
        self.object(&[
            ("display_phone_number", |it| it.one_of(&["\"15550783881\"", PEOPLE[0], PEOPLE[2]])),
            ("phone_number_id", |it| {
                it.one_of(&[OWN, OWN, OWN, SIBLING, OF_ANOTHER_APP, OF_ANOTHER_BRAND])
            }),
        ])
    }

    fn contact(&mut self) -> Result<()> {
        self.object(&[
            ("profile", |it| it.object(&[("name", |it| it.one_of(&TEXTS))])),
            ("wa_id", |it| it.one_of(&PEOPLE)),
            ("user_id", |it| it.one_of(&PEOPLE)),
        ])
    }

    fn message(&mut self) -> Result<()> {
        self.object(&[
            ("id", |it| it.one_of(&IDS)),
            ("from", |it| it.one_of(&PEOPLE)),
            ("from_user_id", |it| it.one_of(&PEOPLE)),
            ("timestamp", |it| it.one_of(&TIMES)),
            ("type", |it| it.one_of(&KINDS)),
            ("text", |it| it.object(&[("body", |it| it.one_of(&TEXTS))])),
            ("group_id", |it| it.one_of(&["null", "null", "\"CANARY\""])),
        ])
    }

    fn status(&mut self) -> Result<()> {
        self.object(&[
            ("id", |it| it.one_of(&IDS)),
            ("status", |it| it.one_of(&STAGES)),
            ("biz_opaque_callback_data", |it| it.one_of(&["\"token\"", "null"])),
            ("errors", |it| {
                it.list(|it| it.object(&[("code", |it| it.one_of(&["131026", "\"131026\""]))]))
            }),
        ])
    }

    /// An object with these parts; now and then one is missing, doubled, something else, or there is one more.
    fn object(&mut self, parts: &[(&str, Part<'a>)]) -> Result<()> {
        if self.rarely()? {
            return self.strange();
        }
        self.json.push('{');
        let mut comma = "";
        for (name, part) in parts {
            let times = match self.input.int_in_range(0..=31)? {
                0 => 0,
                1 => 2,
                _ => 1,
            };
            for _ in 0..times {
                self.json.push_str(comma);
                let _ = write!(self.json, "\"{name}\":");
                part(self)?;
                comma = ",";
            }
        }
        if self.rarely()? {
            self.json.push_str(comma);
            self.json.push_str("\"CANARY\":");
            self.strange()?;
        }
        self.json.push('}');
        Ok(())
    }

    fn list(&mut self, part: Part<'a>) -> Result<()> {
        if self.rarely()? {
            return self.strange();
        }
        self.json.push('[');
        for index in 0..self.input.int_in_range(0..=3)? {
            if index > 0 {
                let comma = if self.rarely()? { " ,\n" } else { "," };
                self.json.push_str(comma);
            }
            part(self)?;
        }
        self.json.push(']');
        Ok(())
    }

    fn one_of(&mut self, usual: &[&str]) -> Result<()> {
        if self.rarely()? {
            return self.strange();
        }
        let chosen = *self.input.choose(usual)?;
        self.json.push_str(chosen);
        Ok(())
    }

    fn strange(&mut self) -> Result<()> {
        match self.input.int_in_range(0..=STRANGE.len() + 1)? {
            at if at < STRANGE.len() => self.json.push_str(STRANGE[at]),
            // Longer than any limit.
            at if at == STRANGE.len() => {
                let long = "xx".repeat(usize::from(self.input.arbitrary::<u16>()?));
                let _ = write!(self.json, "\"{long}\"");
            }
            _ => {
                let text: String = self.input.arbitrary()?;
                self.json.push_str(&serde_json::Value::from(text).to_string());
            }
        }
        Ok(())
    }

    fn rarely(&mut self) -> Result<bool> {
        self.input.ratio(1_u8, 24_u8)
    }
}
