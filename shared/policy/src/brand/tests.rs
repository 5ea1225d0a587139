use super::*;

const DEMO: &str = include_str!("../../../../content/brands/demo.toml");
const PATH: &str = "brands/demo.toml";

fn demo() -> Brand {
    Brand::parse(PATH, DEMO).unwrap()
}

/// The message of the error that the demo file gives with `from` replaced by `to`.
fn refused(from: &str, to: &str) -> String {
    assert!(DEMO.contains(from), "{from}");
    Brand::parse(PATH, &DEMO.replacen(from, to, 1)).unwrap_err().to_string()
}

#[test]
fn the_demo_brand_is_read() {
    let brand = demo();
    assert_eq!(brand.id().as_str(), "demo");
    assert_eq!(brand.operator(), "Demo Shop");
    assert_eq!(brand.language(), Language::ENGLISH);
    assert_eq!(brand.late_after(), Duration::from_mins(15));
    assert_eq!(brand.context().person_word, "AGENT");
}

#[test]
fn texts_stay_in_the_process_unless_the_brand_chose_otherwise() {
    assert_eq!(demo().engine(), Engine::Embedded);
    let chosen = "engine = \"embedded\"";
    assert!(DEMO.contains(chosen));
    let unsaid = Brand::parse(PATH, &DEMO.replace(chosen, "")).unwrap();
    assert_eq!(unsaid.engine(), Engine::Embedded);
    for engine in Engine::ALL {
        let file = DEMO.replace(chosen, &format!("engine = \"{engine}\""));
        assert_eq!(Brand::parse(PATH, &file).unwrap().engine(), engine);
    }
}

#[test]
fn accounts_open_with_secrets_by_name_and_nothing_opens_without_one() {
    let brand = demo();
    let all = |name: &str| Some(format!("{name}-of-the-test"));
    let accounts = brand.accounts(&Source::new(all)).unwrap();
    let channels: Vec<_> = accounts.iter().map(|account| account.at.channel).collect();
    assert_eq!(channels, [Channel::WhatsApp, Channel::Messenger]);
    let account = accounts.first().unwrap();
    assert_eq!(account.api_base, "https://graph.facebook.com");
    assert!(account.verify_token.matches(b"DEMO_WHATSAPP_VERIFY_TOKEN-of-the-test"));
    assert_eq!(account.app_secrets.len(), 1);
    assert_eq!(brand.secret_names().len(), 6);
    for missing in brand.secret_names() {
        let gone = missing.to_owned();
        let source = Source::new(move |name| (name != gone).then(|| name.repeat(2)));
        let error = brand.accounts(&source).unwrap_err();
        assert_eq!(error, SettingsError::Missing { name: missing.to_owned() });
    }
}

#[test]
fn a_secret_may_have_a_second_name_while_it_is_rotated() {
    let two = DEMO.replace("\"DEMO_WHATSAPP_APP_SECRET\"", "\"NEW_SECRET\", \"OLD_SECRET\"");
    let brand = Brand::parse(PATH, &two).unwrap();
    let accounts = brand.accounts(&Source::new(|name| Some(name.repeat(3)))).unwrap();
    assert_eq!(accounts.first().unwrap().app_secrets.len(), 2);
}

#[test]
fn mistakes_are_named_by_file_and_place() {
    let names = "\"DEMO_WHATSAPP_APP_SECRET\"";
    for (from, to, says) in [
        (
            "\"200417739962058\"",
            "\"2 4\"",
            "brands/demo.toml: accounts[0].id: not a valid account id",
        ),
        ("\"whatsapp\"", "\"pigeon\"", "accounts[0].channel: not a valid channel"),
        ("brand = \"demo\"", "brand = \"other\"", "brand: must be the name of the file"),
        ("operator = \"Demo Shop\"", "operator = \" \"", "operator: must be one line"),
        ("sure_from = 700", "sure_from = 499", "answering.sure_from: must be 500 to 1000"),
        ("sure_from = 700", "sure_from = 1001", "answering.sure_from: must be 500 to 1000"),
        ("turns_max = 8", "turns_max = 0", "answering.turns_max: must be 1 to"),
        ("[\"en\", \"de\"]", "[]", "languages: name at least one"),
        ("[\"en\", \"de\"]", "[\"english\"]", "languages[0]: must be a language code"),
        ("\"EU\"", "\"Europe\"", "jurisdictions[0]: must be such as"),
        ("\"v25.0\"", "\"25\"", "accounts[0].api_version: must be such as"),
        (names, "", "accounts[0].app_secrets: name one secret"),
        (names, "\"A_B\", \"B_B\", \"C_B\"", "accounts[0].app_secrets: name one secret"),
        ("\"AGENT\"", "\"agent\"", "contact.person_word: must be in capitals"),
        ("\"AGENT\"", "\"STOP\"", "contact: the three words must differ"),
        ("late_after_minutes = 15", "late_after_minutes = 0", "late_after_minutes: must be 1 to"),
        (
            "engine = \"embedded\"",
            "engine = \"Comprehend\"",
            "brands/demo.toml: answering.engine: must be `embedded`, `comprehend` or",
        ),
        ("late_after_minutes = 15", "late_after = 15", "brands/demo.toml: line "),
        ("late_after_minutes = 15", "late_after_minutes = 15\nlater = 1", "unknown field"),
    ] {
        let error = refused(from, to);
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn a_secret_where_its_name_belongs_is_refused_and_not_repeated() {
    let secret = "EAAGm0PX4ZCpsBAKZ";
    for field in
        ["DEMO_WHATSAPP_VERIFY_TOKEN", "DEMO_WHATSAPP_APP_SECRET", "DEMO_WHATSAPP_ACCESS_TOKEN"]
    {
        let error = refused(field, secret);
        assert!(error.contains("never the secret itself") && !error.contains(secret), "{error}");
    }
    let error = refused("[\"DEMO_WHATSAPP_APP_SECRET\"]", &format!("\"{secret}\""));
    assert!(error.contains("line 19") && !error.contains(secret), "{error}");
}

#[test]
fn an_account_is_there_once() {
    let at = DEMO.find("[contact]").unwrap();
    let from = DEMO.rfind("[[accounts]]").unwrap();
    let (head, tail) = DEMO.split_at(at);
    let twice = format!("{head}{}{tail}", DEMO.get(from..at).unwrap());
    let error = Brand::parse(PATH, &twice).unwrap_err().to_string();
    assert!(error.contains("accounts[2].id: is there twice"), "{error}");
}

#[test]
fn data_goes_to_encrypted_addresses_or_stays_on_this_machine() {
    for good in [
        "https://graph.facebook.com",
        "https://proxy.example:8443/whatsapp",
        "http://127.0.0.1:8080",
        "http://localhost",
        "http://[::1]:9",
    ] {
        let brand = demo().with_api_base(Channel::WhatsApp, good).unwrap();
        let accounts = brand.accounts(&Source::new(|name| Some(name.repeat(2)))).unwrap();
        assert_eq!(accounts.first().unwrap().api_base, good);
    }
    for bad in [
        "",
        "https://",
        "graph.facebook.com",
        "ftp://a.example",
        "http://graph.facebook.com",
        "https://a.example/",
        "http://127.0.0.1.example",
        "http://localhost@a.example",
        "https://a b",
        "https://a.example?x=1",
        "http://127.0.0.1:99999",
        "https://a.example#b",
        "http://localhost:a.example",
        "https://a@b.example",
    ] {
        let error = demo().with_api_base(Channel::WhatsApp, bad).unwrap_err().to_string();
        assert!(error.starts_with("brands/demo.toml: api_base: must be"), "{bad}: {error}");
    }
}
