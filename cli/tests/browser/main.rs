//! The demo in a browser, as somebody sees it who starts the program for the first time.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod browser;
mod host;
mod screen;

use browser::Browser;
use host::Host;
use screen::{Agent, Phone};

/// What the machine says of itself, in every wording.
const DISCLOSED: &str = "automated message";

/// A test that breaks off leaves neither a browser nor a server behind.
async fn with_browser(name: &'static str, test: impl AsyncFnOnce(&Host, &Browser)) {
    let host = Host::start();
    let browser = Browser::start(name).await;
    test(&host, &browser).await;
    browser.finds_no_fault().await;
    browser.quit().await;
    host.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_answered_gets_a_person_and_is_left_alone_after_stop() {
    with_browser("story", async |host, browser| {
        let phone = Phone::open(browser, &host.page("/")).await;

        phone.says("Where is my order?").await;
        let answer = phone.answer(1).await;
        assert!(answer.contains(DISCLOSED) && answer.contains("I cannot look up orders"));
        assert!(answer.contains("not a person"), "the first answer says what it is not");
        assert!(phone.trace().await.contains("order status"));
        phone.open_trace().await;
        browser.shoot("answered").await;

        phone.says("Are you a human?").await;
        let answer = phone.answer(2).await;
        assert!(answer.contains(DISCLOSED) && answer.contains("not a person"));

        phone.says("Can I talk to a person please?").await;
        assert!(phone.answer(3).await.contains("I have called a person"));

        let agent = Agent::open(browser, &host.page("/agent")).await;
        agent.opens_the_case().await;
        browser.shoot("case").await;
        agent.answers("Good morning, this is Kim. May I have your order number?").await;

        let phone = Phone::open(browser, &host.page("/")).await;
        let answer = phone.answer(4).await;
        assert!(answer == "Good morning, this is Kim. May I have your order number?");
        phone.says("It is 4711").await;
        phone.waits().await;
        assert_eq!(
            phone.answers().await.len(),
            4,
            "the machine spoke while a person had the conversation"
        );
        assert!(phone.trace().await.contains("held by person"));
        browser.shoot("held").await;

        let agent = Agent::open(browser, &host.page("/agent")).await;
        agent.opens_the_case().await;
        agent.hands_back().await;
        assert!(browser.text("main").await.contains("The machine has the conversation again."));

        let phone = Phone::open(browser, &host.page("/")).await;
        phone.says("Where is my order?").await;
        let answer = phone.answer(5).await;
        assert!(answer.contains("automated messages") && answer.contains("not a person"));

        phone.says("STOP").await;
        assert!(phone.answer(6).await.contains("no more automated messages"));
        phone.says("Where is my order?").await;
        phone.waits().await;
        assert_eq!(phone.answers().await.len(), 6, "the machine wrote after STOP");
        assert!(phone.trace().await.contains("opted out"));
        browser.shoot("stopped").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_german_is_answered_in_german() {
    with_browser("german", async |host, browser| {
        let phone = Phone::open(browser, &host.page("/?customer=4")).await;
        phone.says("Wo bleibt meine Bestellung?").await;
        let answer = phone.answer(1).await;
        assert!(answer.contains("automatisierte Nachricht") && answer.contains("kein Mensch"));
        assert!(answer.contains("Bestellung"), "{answer}");
        phone.says("Bist du ein Mensch?").await;
        let answer = phone.answer(2).await;
        assert!(answer.contains("Computerprogramm"), "{answer}");
        assert!(answer.contains("hier schreibt kein Mensch"), "{answer}");
        browser.shoot("german").await;
        phone.says("STOPP").await;
        phone.answer(3).await;
        phone.says("Wo bleibt meine Bestellung?").await;
        phone.waits().await;
        assert_eq!(phone.answers().await.len(), 3, "the machine wrote after STOPP");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_erased_after_a_code_that_was_told_in_the_chat() {
    with_browser("erased", async |host, browser| {
        let phone = Phone::open(browser, &host.page("/?customer=5")).await;
        phone.says("Where is my order?").await;
        phone.answer(1).await;
        assert_eq!(host.export("15550100204")["messages"].as_array().unwrap().len(), 1);

        phone.says("Delete my data").await;
        let asked = phone.answer(2).await;
        let is_code =
            |word: &&str| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit());
        let code = asked.split_whitespace().find(is_code).expect("a code").to_owned();
        browser.shoot("code").await;
        let wrong = if code == "12345678" { "87654321" } else { "12345678" };
        phone.says(wrong).await;
        assert!(phone.answer(3).await.contains("not the code"));
        phone.says(&code).await;
        let last = phone.answer(4).await;
        assert!(last.contains("We were asked to erase"), "{last}");

        browser
            .until("the erasure", async || {
                host.export("15550100204")["processing_confirmed"] == false
            })
            .await;
        let export = host.export("15550100204");
        assert_eq!(export["messages"].as_array().unwrap().len(), 0, "{export}");
        assert_eq!(export["sent"].as_array().unwrap().len(), 0, "{export}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messenger_is_a_tab_with_quick_replies_that_can_be_pressed() {
    with_browser("messenger", async |host, browser| {
        let phone = Phone::open(browser, &host.page("/?channel=messenger&customer=7")).await;
        phone.says("I want a refund").await;
        let answer = phone.answer(1).await;
        assert!(answer.contains(DISCLOSED));
        phone.presses("Talk to a person").await;
        assert!(phone.answer(2).await.contains("I have called a person"));
        browser.shoot("messenger").await;

        browser.click("a[href='/?channel=whatsapp&customer=7']").await;
        assert!(phone.answers().await.is_empty(), "two channels are two conversations");
        let seventh = browser.path().await;
        browser.click("#new").await;
        assert_ne!(browser.path().await, seventh, "somebody new has a number of their own");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_answer_says_why_and_keeps_what_was_written() {
    with_browser("refused", async |host, browser| {
        let phone = Phone::open(browser, &host.page("/?customer=8")).await;
        phone.says("I want to talk to a person").await;
        phone.answer(1).await;
        let agent = Agent::open(browser, &host.page("/agent")).await;
        agent.opens_the_case().await;
        agent.writes(&"x".repeat(5_000)).await;
        browser.click("#send-answer").await;
        let refused = browser.text("[role=alert]").await;
        assert!(refused.contains("longer than the platform takes"), "{refused}");
        assert_eq!(browser.value("#answer").await.len(), 5_000);
        // Chromium notes the status of the page that it was shown.
        browser.forgive("422");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_strict_and_fit_a_small_screen_and_a_keyboard() {
    with_browser("shape", async |host, browser| {
        for path in ["/", "/agent"] {
            let policy = host.header(path, "content-security-policy");
            for part in ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"] {
                assert!(policy.contains(part), "{path}: {policy}");
            }
            assert!(!policy.contains("unsafe"), "{path}: {policy}");
        }
        let phone = Phone::open(browser, &host.page("/?customer=9")).await;
        assert!(browser.tabs_to("text").await, "the keyboard does not reach the message");
        assert!(browser.tabs_to("send").await, "the keyboard does not reach the button");
        phone.says("Where is my order?").await;
        phone.answer(1).await;

        browser.resize(320, 640).await;
        phone.open_trace().await;
        assert_eq!(browser.overflow().await, 0, "the phone page is wider than 320 px");
        browser.shoot("narrow").await;
        phone.says("I want to talk to a person").await;
        phone.answer(2).await;
        let agent = Agent::open(browser, &host.page("/agent")).await;
        assert_eq!(browser.overflow().await, 0, "the queue is wider than 320 px");
        agent.opens_the_case().await;
        assert_eq!(browser.overflow().await, 0, "the case is wider than 320 px");
        browser.shoot("narrow-case").await;
    })
    .await;
}
