//! A headless browser, driven through its `WebDriver`.

use std::{
    fs,
    future::Future,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    pin::Pin,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use rustix::process::{Pid, Signal, getuid, kill_process_group};
use thirtyfour::{
    By, ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver, WebElement,
    error::{WebDriverError, WebDriverResult},
    session::http::{Body, HttpClient},
};

/// How long something may take to show.
const WAIT_MAX: Duration = Duration::from_secs(15);
/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(50);
/// More presses of the key than there are places to go on a page.
const TABS_MAX: usize = 40;

/// A browser with one window. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Browser {
    driver: WebDriver,
    process: Driver,
    name: &'static str,
    forgiven: Mutex<Vec<String>>,
}

/// The program that drives the browser, with the browser in its group.
#[derive(Debug)]
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(group) = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw) {
            // After a good end nobody is in it.
            kill_process_group(group, Signal::KILL).unwrap_or_default();
        }
        drop(self.0.wait());
    }
}

/// A program, where `cargo xtask test` found it or by its usual name.
fn program(variable: &str, usual: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| usual.into(), Into::into)
}

fn start_driver() -> (Driver, u16) {
    let mut command = Command::new(program("FORTHRIGHT_CHROMEDRIVER", "chromedriver"));
    command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
    let mut driver = Driver(command.spawn().expect("chromedriver; `cargo xtask test` installs it"));
    let said = BufReader::new(driver.0.stdout.take().unwrap());
    let port = said.lines().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    (driver, port.expect("chromedriver says its port"))
}

impl Browser {
    /// Starts a browser; `name` begins the names of its pictures.
    pub(crate) async fn start(name: &'static str) -> Self {
        let (process, port) = start_driver();
        let mut wanted = DesiredCapabilities::chrome();
        let binary = program("FORTHRIGHT_CHROMIUM", "/usr/bin/chromium");
        wanted.set_binary(binary.to_str().unwrap()).unwrap();
        for argument in ["--headless=new", "--window-size=1120,1060", "--hide-scrollbars"] {
            wanted.add_arg(argument).unwrap();
        }
        // Small shared memory, as in containers; and Chromium's sandbox refuses to work for root.
        wanted.add_arg("--disable-dev-shm-usage").unwrap();
        if getuid().is_root() {
            wanted.add_arg("--no-sandbox").unwrap();
        }
        wanted.set_logging_prefs("browser", LoggingPrefsLogLevel::All).unwrap();
        let driver = WebDriver::builder(format!("http://127.0.0.1:{port}"), wanted);
        let driver = driver.client(Http).connect().await.expect("a browser");
        Self { driver, process, name, forgiven: Mutex::default() }
    }

    /// Opens a page.
    pub(crate) async fn goto(&self, url: &str) {
        self.driver.goto(url).await.unwrap();
    }

    /// The first element that fits, as soon as it is there.
    pub(crate) async fn find(&self, css: &str) -> WebElement {
        let start = Instant::now();
        loop {
            match self.driver.find(By::Css(css)).await {
                Ok(element) => return element,
                Err(_absent) if start.elapsed() < WAIT_MAX => tokio::time::sleep(LOOK).await,
                Err(error) => panic!("{}: there is no `{css}`: {error}", self.name),
            }
        }
    }

    /// What a script says of the page, as text.
    pub(crate) async fn ask(&self, script: &str) -> String {
        let told = self.driver.execute(script, Vec::new()).await.unwrap();
        told.json().as_str().map_or_else(|| told.json().to_string(), str::to_owned)
    }

    /// The text of the first element that fits.
    pub(crate) async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap()
    }

    /// What stands in a field.
    pub(crate) async fn value(&self, css: &str) -> String {
        self.find(css).await.prop("value").await.unwrap().unwrap_or_default()
    }

    /// Clicks, and waits until another page is there.
    pub(crate) async fn click(&self, css: &str) {
        self.ask("window.isBefore = true; return ''").await;
        self.find(css).await.click().await.unwrap();
        self.until("another page", async || {
            let ready = "return String(!window.isBefore && document.readyState === 'complete')";
            self.ask(ready).await == "true"
        })
        .await;
    }

    /// Writes into a field.
    pub(crate) async fn write(&self, css: &str, text: &str) {
        self.find(css).await.send_keys(text).await.unwrap();
    }

    /// Waits until something holds.
    pub(crate) async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let start = Instant::now();
        while !holds().await {
            assert!(start.elapsed() < WAIT_MAX, "{}: {what} did not come", self.name);
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The path of the page, with its query.
    pub(crate) async fn path(&self) -> String {
        self.ask("return location.pathname + location.search").await
    }

    /// Makes what is seen so large. A window cannot be so small, so the page is told.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let (frame_width, frame_height) = (
            self.number("return window.outerWidth - window.innerWidth").await,
            self.number("return window.outerHeight - window.innerHeight").await,
        );
        let (width, height) = (i64::from(width), i64::from(height));
        let outer = |inner, frame| u32::try_from(inner + frame).unwrap();
        self.driver
            .set_window_rect(0, 0, outer(width, frame_width), outer(height, frame_height))
            .await
            .unwrap();
        assert_eq!(self.number("return window.innerWidth").await, width, "the window's width");
    }

    async fn number(&self, script: &str) -> i64 {
        let told = self.driver.execute(script, Vec::new()).await.unwrap();
        format!("{:.0}", told.json().as_f64().unwrap()).parse().unwrap()
    }

    /// By how many pixels the page is wider than what is seen.
    pub(crate) async fn overflow(&self) -> i64 {
        let script = "const all = document.documentElement; return Math.max(0, all.scrollWidth - all.clientWidth)";
        self.number(script).await
    }

    /// Whether the tab key leads to the element with this id, from the top of the page.
    pub(crate) async fn tabs_to(&self, id: &str) -> bool {
        self.ask(
            "document.activeElement?.blur(); window.getSelection().removeAllRanges(); return ''",
        )
        .await;
        for _ in 0..TABS_MAX {
            let keys = self.driver.action_chain().send_keys(thirtyfour::Key::Tab);
            keys.perform().await.unwrap();
            if self.ask("return document.activeElement?.id ?? ''").await == id {
                return true;
            }
        }
        false
    }

    /// Keeps a picture of what is seen.
    pub(crate) async fn shoot(&self, what: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots");
        fs::create_dir_all(&folder).unwrap();
        let picture = self.driver.screenshot_as_png().await.unwrap();
        fs::write(folder.join(format!("{}-{what}.png", self.name)), picture).unwrap();
    }

    /// Lines of the console with this in them are expected.
    pub(crate) fn forgive(&self, part: &str) {
        self.forgiven.lock().unwrap().push(part.to_owned());
    }

    /// The console has no line that warns or complains.
    pub(crate) async fn finds_no_fault(&self) {
        let log = self.driver.browser_log().await.unwrap();
        let forgiven = self.forgiven.lock().unwrap().clone();
        for entry in log {
            let is_forgiven = forgiven.iter().any(|part| entry.message.contains(part));
            let is_fault = ["SEVERE", "WARNING"].contains(&entry.level.as_str());
            assert!(!is_fault || is_forgiven, "{}: {}", self.name, entry.message);
        }
    }

    /// Ends the browser.
    pub(crate) async fn quit(self) {
        let Self { driver, process, .. } = self;
        driver.quit().await.unwrap();
        drop(process);
    }
}

/// `WebDriver`'s calls, over the HTTP client that is linked anyway.
struct Http;

type Sent<'a> = Pin<Box<dyn Future<Output = WebDriverResult<Response<Bytes>>> + Send + 'a>>;
type Again<'a> = Pin<Box<dyn Future<Output = Arc<dyn HttpClient>> + Send + 'a>>;

impl HttpClient for Http {
    fn send<'own, 'body, 'call>(&'own self, request: Request<Body<'body>>) -> Sent<'call>
    where
        'own: 'call,
        'body: 'call,
        Self: 'call,
    {
        let request = request.map(|body| match body {
            Body::Empty => Bytes::new(),
            Body::Json(json) => json.to_string().into(),
        });
        Box::pin(async move {
            let failed =
                |error: &dyn std::error::Error| WebDriverError::HttpError(error.to_string());
            let mut request = request.map(Full::new);
            request.headers_mut().remove(header::CONTENT_LENGTH);
            request.headers_mut().remove(header::CONNECTION);
            let client = Client::builder(TokioExecutor::new()).build_http();
            let answer = client.request(request).await.map_err(|error| failed(&error))?;
            let (head, body) = answer.into_parts();
            let body = body.collect().await.map_err(|error| failed(&error))?;
            Ok(Response::from_parts(head, body.to_bytes()))
        })
    }

    fn new<'own, 'call>(&'own self) -> Again<'call>
    where
        'own: 'call,
        Self: 'call,
    {
        Box::pin(async { Arc::new(Self) as Arc<dyn HttpClient> })
    }
}
