//! What people do on the demo's pages, in their words.

use std::time::Duration;

use crate::browser::Browser;

/// Long enough for an answer that should not come.
const SILENCE: Duration = Duration::from_secs(2);

/// The customer's phone.
#[derive(Debug)]
pub(crate) struct Phone<'a>(&'a Browser);

impl<'a> Phone<'a> {
    pub(crate) async fn open(browser: &'a Browser, url: &str) -> Self {
        browser.goto(url).await;
        Self(browser)
    }

    /// Writes and sends.
    pub(crate) async fn says(&self, text: &str) {
        self.0.write("#text", text).await;
        self.0.click("#send").await;
    }

    /// Presses what is offered under this title.
    pub(crate) async fn presses(&self, title: &str) {
        let button = self.0.find(".offers button").await;
        assert_eq!(button.text().await.unwrap(), title);
        self.0.click(".offers button").await;
    }

    /// The texts of the business.
    pub(crate) async fn answers(&self) -> Vec<String> {
        self.texts("#conversation .theirs .text").await
    }

    /// The text that the business wrote as its `number`th, as soon as it is there.
    pub(crate) async fn answer(&self, number: usize) -> String {
        self.0.until("an answer", async || self.answers().await.len() >= number).await;
        self.answers().await.remove(number - 1)
    }

    /// Lets so much time pass that an answer would be there.
    pub(crate) async fn waits(&self) {
        tokio::time::sleep(SILENCE).await;
    }

    /// Why the newest message of the customer was treated as it was.
    pub(crate) async fn trace(&self) -> String {
        let script = "return [...document.querySelectorAll('.why')].at(-1)?.textContent ?? ''";
        self.0.ask(script).await
    }

    /// Opens that, and puts its message on top.
    pub(crate) async fn open_trace(&self) {
        let script = "const why = [...document.querySelectorAll('.why')].at(-1); why.open = true; \
                      why.closest('li').scrollIntoView({ block: 'start' }); return ''";
        self.0.ask(script).await;
    }

    async fn texts(&self, css: &str) -> Vec<String> {
        let all = format!(
            "return JSON.stringify([...document.querySelectorAll('{css}')].map(one => one.textContent))"
        );
        serde_json::from_str(&self.0.ask(&all).await).unwrap()
    }
}

/// The page of the brand's people.
#[derive(Debug)]
pub(crate) struct Agent<'a>(&'a Browser);

impl<'a> Agent<'a> {
    pub(crate) async fn open(browser: &'a Browser, url: &str) -> Self {
        browser.goto(url).await;
        Self(browser)
    }

    /// Opens the most urgent case.
    pub(crate) async fn opens_the_case(&self) {
        self.0.click(".queue a").await;
    }

    /// Writes an answer, without sending it.
    pub(crate) async fn writes(&self, text: &str) {
        self.0.write("#answer", text).await;
    }

    /// Answers.
    pub(crate) async fn answers(&self, text: &str) {
        self.writes(text).await;
        self.0.click("#send-answer").await;
        assert!(self.0.text("[role=status]").await.contains("on its way"));
    }

    /// Gives the conversation back to the machine.
    pub(crate) async fn hands_back(&self) {
        self.0.click("#do-hand-back").await;
    }
}
