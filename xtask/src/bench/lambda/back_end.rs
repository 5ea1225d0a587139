//! What stands between a function and the emulator, and takes the time that the function waits there.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Result;

use super::http::{self, Answer, Request};

/// Headers that belong to one connection and not to the call.
const OF_A_CONNECTION: [&str; 5] =
    ["host", "connection", "keep-alive", "content-length", "transfer-encoding"];

/// How many calls were made, and how long at least one of them was on its way.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waited {
    pub(super) calls: usize,
    pub(super) time: Duration,
}

impl Waited {
    /// What came since then.
    pub(super) fn since(self, before: Self) -> Self {
        Self { calls: self.calls - before.calls, time: self.time.saturating_sub(before.time) }
    }
}

#[derive(Debug, Default)]
struct Meter {
    ended: Waited,
    open: usize,
    /// When the first of those that are open came.
    from: Option<Instant>,
}

impl Meter {
    fn begin(&mut self, now: Instant) {
        self.open += 1;
        self.ended.calls += 1;
        self.from.get_or_insert(now);
    }

    fn end(&mut self, now: Instant) {
        self.open -= 1;
        if self.open == 0
            && let Some(from) = self.from.take()
        {
            self.ended.time += now - from;
        }
    }
}

/// The emulator, as functions see it.
#[derive(Debug)]
pub(super) struct BackEnd {
    address: SocketAddr,
    meter: Arc<Mutex<Meter>>,
}

impl BackEnd {
    /// Hands every call on to the emulator, and its answer back.
    pub(super) fn before(emulator: SocketAddr) -> Result<Self> {
        let meter = Arc::new(Mutex::new(Meter::default()));
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let own = Arc::clone(&meter);
        let address = http::serve(move |request| {
            lock(&own).begin(Instant::now());
            let answer = forward(&agent, emulator, request);
            lock(&own).end(Instant::now());
            // The function sees a service that is not there.
            Some(answer.unwrap_or_else(|error| {
                eprintln!("the emulator does not answer: {error:#}");
                Answer::empty(502)
            }))
        })?;
        Ok(Self { address, meter })
    }

    /// Where it listens.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What was waited for so far.
    pub(super) fn waited(&self) -> Waited {
        lock(&self.meter).ended
    }
}

fn lock(meter: &Mutex<Meter>) -> impl std::ops::DerefMut<Target = Meter> {
    meter.lock().unwrap_or_else(PoisonError::into_inner)
}

fn forward(agent: &ureq::Agent, emulator: SocketAddr, request: Request) -> Result<Answer> {
    let is_own = |name: &str| OF_A_CONNECTION.contains(&name);
    let mut call = ureq::http::Request::builder()
        .method(request.method.as_str())
        .uri(format!("http://{emulator}{}", request.path));
    for (name, value) in request.headers.into_iter().filter(|(name, _)| !is_own(name)) {
        call = call.header(name, value);
    }
    let (head, mut body) = agent.run(call.body(request.body)?)?.into_parts();
    let headers = head.headers.iter().filter(|(name, _)| !is_own(name.as_str()));
    let headers = headers
        .map(|(name, value)| Ok((name.as_str().to_owned(), value.to_str()?.to_owned())))
        .collect::<Result<_>>()?;
    Ok(Answer { status: head.status.as_u16(), headers, body: body.read_to_vec()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_at_the_same_time_are_waited_for_once() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut meter = Meter::default();
        meter.begin(at(0));
        meter.begin(at(5));
        meter.end(at(10));
        meter.end(at(20));
        meter.begin(at(100));
        meter.end(at(101));
        assert_eq!(meter.ended, Waited { calls: 3, time: Duration::from_millis(21) });
    }

    #[test]
    fn a_call_and_its_answer_are_handed_on() {
        let emulator = http::serve(|request| {
            let of_a_call = ("x-amz-target".to_owned(), "Do.It".to_owned());
            assert!(request.headers.contains(&of_a_call));
            Some(Answer { status: 400, headers: vec![of_a_call], body: request.body })
        })
        .unwrap();
        let back_end = BackEnd::before(emulator).unwrap();
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let call = agent.post(format!("http://{}/", back_end.address()));
        let mut answer = call.header("x-amz-target", "Do.It").send("{}").unwrap();
        assert_eq!(answer.status(), 400);
        assert_eq!(answer.headers()["x-amz-target"], "Do.It");
        assert_eq!(answer.body_mut().read_to_string().unwrap(), "{}");
        assert_eq!(back_end.waited().calls, 1);
    }
}
