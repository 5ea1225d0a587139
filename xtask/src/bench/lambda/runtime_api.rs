//! Lambda's side of a function's process, <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>, with a clock at
//! each of its ends.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    process::{Child, Command},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::{
    back_end::{BackEnd, Waited},
    http::{self, Answer, Request},
};
use crate::usage;

const PATH: &str = "/2018-06-01/runtime/";
/// The time that `infra/` gives every function.
const TIME_LEFT: Duration = Duration::from_secs(30);
/// How long a program may take for all of its events.
const PATIENCE: Duration = Duration::from_mins(2);
const LOOK: Duration = Duration::from_millis(200);

/// How long something took, and how much of it was spent on waiting for the back end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Took {
    pub(super) whole: Duration,
    pub(super) waited: Waited,
}

/// What a program did with its events.
#[derive(Debug)]
pub(super) struct Ran {
    /// From its start to its first question for an event.
    pub(super) init: Took,
    /// From its start to its first answer.
    pub(super) cold: Took,
    /// From each event to its answer, without the first.
    pub(super) warm: Vec<Took>,
    pub(super) memory_peak_bytes: u64,
    pub(super) answers: Vec<Value>,
}

/// A moment, and what was waited for until then.
#[derive(Debug, Clone, Copy)]
struct Moment {
    at: Instant,
    waited: Waited,
}

impl Moment {
    fn since(self, before: Self) -> Took {
        Took { whole: self.at - before.at, waited: self.waited.since(before.waited) }
    }
}

#[derive(Debug, Default)]
struct Run {
    events: VecDeque<String>,
    asked: Option<Moment>,
    sent: Vec<Moment>,
    answered: Vec<(Moment, Value)>,
}

/// The API. One program at a time talks to it.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    address: SocketAddr,
    api: Arc<Api>,
    ended: Receiver<Result<()>>,
}

#[derive(Debug)]
struct Api {
    back_end: BackEnd,
    run: Mutex<Run>,
    ended: Sender<Result<()>>,
}

impl RuntimeApi {
    /// Begins to listen.
    pub(super) fn start(back_end: BackEnd) -> Result<Self> {
        let (sender, ended) = mpsc::channel();
        let api = Arc::new(Api { back_end, run: Mutex::default(), ended: sender });
        let own = Arc::clone(&api);
        let address = http::serve(move |request| own.answer(&request))?;
        Ok(Self { address, api, ended })
    }

    /// Where functions find the services of AWS.
    pub(super) fn back_end(&self) -> &BackEnd {
        &self.api.back_end
    }

    /// Starts the program, gives it the events one after another, and ends it.
    pub(super) fn run(&self, program: &mut Command, events: Vec<String>) -> Result<Ran> {
        ensure!(!events.is_empty(), "no events");
        *self.api.run() = Run { events: events.into(), ..Run::default() };
        program.env("AWS_LAMBDA_RUNTIME_API", self.address.to_string());
        let start = self.api.moment();
        let mut program = Running(program.spawn().context("cannot start it")?);
        self.wait(&mut program.0)?;
        let memory_peak_bytes = usage::of(program.0.id())?.resident_bytes_peak;
        drop(program);
        let run = std::mem::take(&mut *self.api.run());
        let took = run.answered.iter().zip(&run.sent).map(|(end, from)| end.0.since(*from));
        let (first, _) = run.answered.first().context("no answer")?;
        Ok(Ran {
            init: run.asked.context("it asked for no event")?.since(start),
            cold: first.since(start),
            warm: took.skip(1).collect(),
            memory_peak_bytes,
            answers: run.answered.into_iter().map(|(_, answer)| answer).collect(),
        })
    }

    /// Until every event is answered.
    fn wait(&self, program: &mut Child) -> Result<()> {
        let start = Instant::now();
        loop {
            match self.ended.recv_timeout(LOOK) {
                Ok(ended) => return ended,
                Err(RecvTimeoutError::Timeout) => (),
                Err(RecvTimeoutError::Disconnected) => bail!("the Runtime API ended"),
            }
            if let Some(status) = program.try_wait()? {
                bail!("it ended with {status} before it had answered every event");
            }
            ensure!(start.elapsed() < PATIENCE, "no answers in {} s", PATIENCE.as_secs());
        }
    }
}

impl Api {
    fn run(&self) -> impl std::ops::DerefMut<Target = Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn moment(&self) -> Moment {
        Moment { at: Instant::now(), waited: self.back_end.waited() }
    }

    fn answer(&self, request: &Request) -> Option<Answer> {
        let now = self.moment();
        let path = request.path.strip_prefix(PATH)?;
        let mut run = self.run();
        if path == "invocation/next" {
            run.asked.get_or_insert(now);
            // Lambda freezes a program for which it has nothing; this one just waits.
            let event = run.events.pop_front()?;
            run.sent.push(self.moment());
            return Some(invocation(event));
        }
        let taken = if path.ends_with("/response") {
            serde_json::from_slice(&request.body).context("an answer that is no JSON")
        } else {
            // What it says could quote a person.
            Err(anyhow::anyhow!("it reported an error"))
        };
        let ended = match taken {
            Ok(answer) => {
                run.answered.push((now, answer));
                run.events.is_empty().then_some(Ok(()))
            }
            Err(error) => Some(Err(error)),
        };
        if let Some(ended) = ended {
            // Nobody listens when an earlier answer was the end.
            self.ended.send(ended).unwrap_or_default();
        }
        Some(Answer::empty(202))
    }
}

fn invocation(event: String) -> Answer {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", "00000000-0000-4000-8000-000000000000".to_owned()),
        ("lambda-runtime-deadline-ms", (now + TIME_LEFT).as_millis().to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:bench".to_owned()),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value)).into();
    Answer { status: 200, headers, body: event.into_bytes() }
}

/// A program that ends with this value, whatever fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        if let Err(error) = self.0.kill().and_then(|()| self.0.wait()) {
            eprintln!("cannot end a function: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(api: &Api, method: &str, path: &str, body: &[u8]) -> Option<Answer> {
        api.answer(&Request {
            method: method.to_owned(),
            path: format!("{PATH}{path}"),
            headers: Vec::new(),
            body: body.to_vec(),
        })
    }

    fn api(events: &[&str]) -> RuntimeApi {
        let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
        let api = RuntimeApi::start(BackEnd::before(nobody).unwrap()).unwrap();
        api.api.run().events = events.iter().map(|event| (*event).to_owned()).collect();
        api
    }

    #[test]
    fn a_run_is_over_with_the_answer_to_its_last_event() {
        let api = api(&["1", "2"]);
        for event in [b"1", b"2"] {
            assert!(api.ended.try_recv().is_err(), "not before the last answer");
            let given = ask(&api.api, "GET", "invocation/next", b"").unwrap();
            assert_eq!(given.body, event);
            assert_eq!(ask(&api.api, "POST", "invocation/x/response", b"{}").unwrap().status, 202);
        }
        assert!(api.ended.try_recv().unwrap().is_ok());
        assert!(ask(&api.api, "GET", "invocation/next", b"").is_none(), "nothing is left");
        let run = api.api.run();
        assert!(run.asked.unwrap().at <= run.sent[0].at && run.sent[0].at <= run.answered[0].0.at);
        assert_eq!((run.sent.len(), run.answered.len()), (2, 2));
    }

    #[test]
    fn a_reported_error_ends_the_run() {
        for path in ["init/error", "invocation/x/error"] {
            let api = api(&["1"]);
            ask(&api.api, "POST", path, b"{}");
            assert!(api.ended.try_recv().unwrap().is_err());
        }
    }

    #[test]
    fn a_program_that_ends_early_is_noticed() {
        let api = api(&[]);
        let ran = api.run(&mut Command::new("true"), vec!["1".to_owned()]);
        assert!(format!("{:#}", ran.unwrap_err()).contains("before it had answered"));
    }
}
