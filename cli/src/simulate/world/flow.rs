//! How time passes: whose turn it is, and who dies.

use std::time::Duration;

use forthright_core::{Time, ledger::FUNCTION_TIMEOUT};
use forthright_testkit::SplitMix;

use super::{About, Event, World};
use crate::simulate::{
    act::Moment,
    kernel::{Given, Ready, TaskId, Wish},
    ports::SEND,
    promise::Promise,
};

/// How long a job that died with its function stays invisible: six times the function's time-out.
const INVISIBLE: Duration = Duration::from_mins(3);
/// A run of calls goes on over gaps in time that are not longer than this.
const GAP_MAX: Duration = Duration::from_secs(5);
/// A world that has not come to rest after so many steps never will.
const STEPS_MAX: usize = 400_000;

impl World {
    /// Lets so many calls have their turn, as long as there is something to do.
    pub(super) fn run_calls(&mut self, calls: u32, order: u64) {
        self.order(order);
        let until = self.ground.kernel.calls() + u64::from(calls);
        while self.ground.kernel.calls() < until {
            let limit = self.now().plus(GAP_MAX);
            if !self.step(limit) {
                return;
            }
        }
    }

    /// Lets time pass.
    pub(super) fn wait(&mut self, span: Duration, order: u64) {
        self.order(order);
        let until = self.now().plus(span);
        while self.now() < until && self.step(until) {}
        self.ground.kernel.advance_to(until);
    }

    /// Lets everything come to its end, with nothing in the way any more.
    pub(super) fn finish(&mut self) {
        self.crashes.clear();
        self.stalls.clear();
        self.ground.table.clear();
        self.ground.platform.moods(&[]);
        self.renew_token();
        self.order(0);
        let now = self.now();
        self.at(now, Event::Land);
        for _ in 0..STEPS_MAX {
            if !self.step(Time::from_millis(i64::MAX)) {
                self.judge();
                return;
            }
        }
        let what = format!("{} tasks, {} events never end", self.tasks.len(), self.events.len());
        self.ground.watch.breaks(Promise::Lost, self.now(), what);
    }

    /// One turn, or one move of time up to `limit`; false if nothing is left to do until then.
    fn step(&mut self, limit: Time) -> bool {
        self.end_overdue();
        self.fire();
        let ready = self.ground.kernel.ready();
        if let Some(ready) = self.choose(&ready) {
            self.turn(ready);
            let spent = self.chance.as_ref().map_or(1, |chance| chance.below(6));
            let spent = Duration::from_millis(u64::try_from(spent).unwrap_or_default());
            self.ground.kernel.advance_to(self.now().plus(spent));
            return true;
        }
        self.have_steward_look();
        let event = self.events.keys().next().map(|(time, _)| *time);
        let next = [self.ground.kernel.next_time(), event].into_iter().flatten().min();
        match next {
            Some(time) if time <= limit => {
                self.ground.kernel.advance_to(time);
                true
            }
            Some(_) | None => false,
        }
    }

    /// Whose turn it is.
    fn choose(&self, ready: &[Ready]) -> Option<Ready> {
        let Some(chance) = &self.chance else {
            return ready.first().copied();
        };
        // Now and then anybody: else who has the lowest rank would never begin.
        match self.ranks {
            Some(ranks) if !chance.once_in(16) => {
                let rank = |one: &&Ready| SplitMix::new(ranks ^ one.task).next();
                ready.iter().max_by_key(rank).copied()
            }
            Some(_) | None => ready.get(chance.below(ready.len())).copied(),
        }
    }

    fn turn(&mut self, ready: Ready) {
        let call = self.ground.kernel.calls() + 1;
        if let Some(span) = self.stalls.remove(&call) {
            // Between the last look at the clock and the first byte that leaves nobody can check anything.
            let is_one = self.ground.setting.is_one_process();
            let sends = ready.wish == Wish::Call(SEND)
                || is_one && self.ground.kernel.is_waiting_for(Wish::Call(SEND));
            if !sends {
                self.stall(ready.task, span);
                return;
            }
            self.stalls.insert(call + 1, span);
        }
        let crash = match ready.wish {
            Wish::Call(name) => self.crashes.remove(&call).map(|moment| (name, moment)),
            Wish::Rest => None,
        };
        let given = match crash {
            None => Given::Turn,
            Some((name, moment)) => {
                self.ground
                    .watch
                    .note(|| format!("  crash {moment:?} `{name}` of task {}", ready.task));
                if moment == Moment::Before {
                    self.tally.count("crashes before a call");
                    self.die_now(ready.task);
                    return;
                }
                self.tally.count("crashes after a call");
                Given::LastTurn
            }
        };
        self.ground.kernel.give(ready, given);
        self.poll(ready.task);
    }

    /// A machine sleeps: with one process everything stands still, on Lambda one function does.
    fn stall(&mut self, task: TaskId, span: Duration) {
        self.tally.count("hosts stall");
        self.ground.watch.note(|| format!("  task {task} stalls for {} s", span.as_secs()));
        let until = self.now().plus(span);
        if self.ground.setting.is_one_process() {
            self.ground.kernel.advance_to(until);
        } else {
            self.ground.kernel.stall(task, until);
        }
    }

    /// Lambda ends a function that takes too long, wherever it is.
    fn end_overdue(&mut self) {
        if self.ground.setting.is_one_process() {
            return;
        }
        let now = self.now();
        let overdue = |started: Time| now > started.plus(FUNCTION_TIMEOUT);
        let late: Vec<TaskId> = self
            .tasks
            .iter()
            .filter(|(_, task)| overdue(task.started))
            .map(|(id, _)| *id)
            .collect();
        for id in late {
            self.tally.count("functions timed out");
            self.die_now(id);
        }
    }

    fn die_now(&mut self, id: TaskId) {
        if let Some(task) = self.tasks.remove(&id) {
            drop(task.work);
            self.die(task.about);
        }
    }

    /// A task is no more. If one process holds everything, neither is anything else of it.
    pub(super) fn die(&mut self, about: About) {
        self.lost(about);
        if self.ground.setting.is_one_process() {
            self.kill_all();
            let undone = self.ground.memory.lose_power();
            self.tally.count_by("transactions undone by a crash", undone);
            self.start_hosts();
            self.resume();
        }
    }

    /// Nothing of any host goes on.
    pub(super) fn kill_all(&mut self) {
        for task in std::mem::take(&mut self.tasks).into_values() {
            drop(task.work);
            self.lost(task.about);
        }
        // The local queue is gone with its process; SQS keeps what it has.
        if self.ground.setting.is_one_process() {
            self.events.retain(|_, event| !matches!(event, Event::Hint { .. }));
            drop(self.ground.lanes.take());
        }
    }

    /// What becomes of what a dead task was about.
    pub(super) fn lost(&mut self, about: About) {
        let now = self.now();
        match about {
            About::Delivery(delivery) => self.deliver_later(delivery),
            About::Call(call) => self.at(now.plus(Duration::from_secs(5)), Event::Call(call)),
            About::Automation(on) => {
                self.at(now.plus(Duration::from_secs(5)), Event::Automation(on));
            }
            About::Hint { bytes, receives } | About::Poison { bytes, receives } => {
                if !self.ground.setting.is_one_process() {
                    self.at(now.plus(INVISIBLE), Event::Hint { bytes, receives });
                }
            }
            About::Tick => {}
        }
    }
}
