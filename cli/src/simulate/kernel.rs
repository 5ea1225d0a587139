//! Virtual time, and turns: each call of a port waits until the simulation says that it is its turn.
//!
//! What runs at once is therefore interleaved call by call, in an order that a number gives again, and a task can
//! be cut off before or after the effect of any call.

use std::{
    collections::BTreeMap,
    future::{Future, pending},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use forthright_core::{Clock, Time};

/// One invocation of a function, or one use of a tool.
pub(super) type TaskId = u64;

/// What a waiting task is known by.
pub(super) type Ticket = u64;

/// What a task waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// To call a port: something can break before and after it.
    Call(&'static str),
    /// For time to pass.
    Rest,
}

/// A wish that can be granted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ready {
    pub(super) ticket: Ticket,
    pub(super) task: TaskId,
    pub(super) wish: Wish,
}

/// The simulated machine. Its clones are the same one.
#[derive(Debug, Clone)]
pub(super) struct Kernel(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    now: Time,
    task: TaskId,
    waiting: BTreeMap<Ticket, Waiting>,
    next: Ticket,
    calls: u64,
    died: bool,
}

#[derive(Debug)]
struct Waiting {
    task: TaskId,
    wish: Wish,
    not_before: Time,
    waker: Option<Waker>,
    given: Option<Given>,
}

/// How a wish was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// Go on.
    Turn,
    /// The effect comes about, and then the task is no more.
    LastTurn,
}

impl Kernel {
    /// A machine on which it is `now`.
    pub(super) fn at(now: Time) -> Self {
        Self(Arc::new(Mutex::new(State {
            now,
            task: 0,
            waiting: BTreeMap::new(),
            next: 0,
            calls: 0,
            died: false,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The true time.
    pub(super) fn now(&self) -> Time {
        self.state().now
    }

    /// Moves the true time on.
    pub(super) fn advance_to(&self, time: Time) {
        let mut state = self.state();
        state.now = state.now.max(time);
    }

    /// How many calls have had their turn.
    pub(super) fn calls(&self) -> u64 {
        self.state().calls
    }

    /// Which task runs.
    pub(super) fn task(&self) -> TaskId {
        self.state().task
    }

    /// From here on this task runs.
    pub(super) fn enter(&self, task: TaskId) {
        self.state().task = task;
    }

    /// A clock that is wrong by `skew_millis`.
    pub(super) fn clock(&self, skew_millis: i64) -> Clock {
        let (shown, slept) = (self.clone(), self.clone());
        Clock::new(
            move || Time::from_millis(shown.now().millis().saturating_add(skew_millis)),
            move |span| slept.wait(Wish::Rest, span).rest(),
        )
    }

    /// Waits for the turn of a call.
    pub(super) async fn call(&self, name: &'static str) -> Turn {
        let given = self.wait(Wish::Call(name), Duration::ZERO).await;
        Turn { kernel: self.clone(), given }
    }

    fn wait(&self, wish: Wish, span: Duration) -> Wait {
        let mut state = self.state();
        let ticket = state.next;
        state.next += 1;
        let (task, not_before) = (state.task, state.now.plus(span));
        let waiting = Waiting { task, wish, not_before, waker: None, given: None };
        state.waiting.insert(ticket, waiting);
        drop(state);
        Wait { kernel: self.clone(), ticket }
    }

    /// The wishes that can be granted now, the oldest first.
    pub(super) fn ready(&self) -> Vec<Ready> {
        let state = self.state();
        let may = |waiting: &Waiting| waiting.given.is_none() && waiting.not_before <= state.now;
        let ready = state.waiting.iter().filter(|(_, waiting)| may(waiting));
        ready
            .map(|(ticket, waiting)| Ready {
                ticket: *ticket,
                task: waiting.task,
                wish: waiting.wish,
            })
            .collect()
    }

    /// Whether anybody waits for such a wish.
    pub(super) fn is_waiting_for(&self, wish: Wish) -> bool {
        self.state().waiting.values().any(|waiting| waiting.wish == wish)
    }

    /// A task's wishes are not granted before a time.
    pub(super) fn stall(&self, task: TaskId, until: Time) {
        let mut state = self.state();
        for waiting in state.waiting.values_mut().filter(|waiting| waiting.task == task) {
            waiting.not_before = waiting.not_before.max(until);
        }
    }

    /// When the next wish can be granted.
    pub(super) fn next_time(&self) -> Option<Time> {
        self.state().waiting.values().map(|waiting| waiting.not_before).min()
    }

    /// Grants a wish, and tells the future that waits for it.
    pub(super) fn give(&self, ready: Ready, given: Given) {
        let mut state = self.state();
        state.calls += u64::from(ready.wish != Wish::Rest);
        let Some(waiting) = state.waiting.get_mut(&ready.ticket) else {
            return;
        };
        waiting.given = Some(given);
        let waker = waiting.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Whether the task that ran has had its last turn.
    pub(super) fn take_death(&self) -> bool {
        std::mem::take(&mut self.state().died)
    }
}

/// Somebody waits.
#[derive(Debug)]
struct Wait {
    kernel: Kernel,
    ticket: Ticket,
}

impl Wait {
    async fn rest(self) {
        self.await;
    }
}

impl Future for Wait {
    type Output = Given;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Given> {
        let mut state = self.kernel.state();
        let Some(waiting) = state.waiting.get_mut(&self.ticket) else {
            return Poll::Pending;
        };
        if let Some(given) = waiting.given {
            return Poll::Ready(given);
        }
        waiting.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let waiting = self.kernel.state().waiting.remove(&self.ticket);
        drop(waiting);
    }
}

/// The turn of one call: the effect comes between its making and [`over`](Self::over).
#[derive(Debug)]
pub(super) struct Turn {
    kernel: Kernel,
    given: Given,
}

impl Turn {
    /// The effect has come about. If this was the task's last turn, nothing comes after it.
    pub(super) async fn over(self) {
        if self.given == Given::LastTurn {
            self.kernel.state().died = true;
            pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(work: Pin<&mut impl Future>) -> bool {
        work.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn a_call_waits_for_its_turn_and_a_rest_for_its_time() {
        let kernel = Kernel::at(Time::from_seconds(1));
        kernel.enter(7);
        let mut work = Box::pin(async {
            kernel.call("read").await.over().await;
            kernel.clock(0).sleep(Duration::from_secs(9)).await;
        });
        assert!(!poll(work.as_mut()));
        let [ready] = kernel.ready()[..] else { panic!("one call waits") };
        assert_eq!((ready.task, ready.wish), (7, Wish::Call("read")));
        assert!(!poll(work.as_mut()), "nobody gave it its turn");
        kernel.give(ready, Given::Turn);
        assert!(!poll(work.as_mut()));
        assert!(kernel.ready().is_empty());
        assert_eq!((kernel.calls(), kernel.next_time()), (1, Some(Time::from_seconds(10))));
        kernel.advance_to(Time::from_seconds(10));
        let [ready] = kernel.ready()[..] else { panic!("the rest is over") };
        kernel.give(ready, Given::Turn);
        assert!(poll(work.as_mut()));
        assert_eq!(kernel.calls(), 1, "a rest is no call");
    }

    #[test]
    fn after_its_last_turn_a_task_has_had_its_effect_and_does_nothing_more() {
        let kernel = Kernel::at(Time::from_seconds(1));
        let effects = std::cell::Cell::new(0);
        let mut work = Box::pin(async {
            let turn = kernel.call("write").await;
            effects.set(1);
            turn.over().await;
            effects.set(2);
        });
        assert!(!poll(work.as_mut()));
        kernel.give(kernel.ready()[0], Given::LastTurn);
        assert!(!poll(work.as_mut()));
        assert!(kernel.take_death() && !kernel.take_death());
        assert_eq!(effects.get(), 1);
    }

    #[test]
    fn who_is_dropped_waits_no_more() {
        let kernel = Kernel::at(Time::from_seconds(1));
        let mut work = Box::pin(kernel.call("read"));
        assert!(!poll(work.as_mut()));
        drop(work);
        assert!(kernel.ready().is_empty());
    }
}
