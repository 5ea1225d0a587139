//! Which acts a seed gives: conversations of people, with what the world does to those who serve them.

use std::iter::repeat_n;

use forthright_testkit::SplitMix;

use super::act::{Act, Deed, Fate, Moment, Mood, Said, Setting, Text, Trouble};

/// A world before it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) setting: Setting,
    pub(super) acts: Vec<Act>,
}

/// How far two hosts' clocks are apart at most, and each from the platform's: five minutes.
const SKEW_SECONDS: i64 = 300;

struct Writer {
    chance: SplitMix,
    people: usize,
    said: usize,
    /// Whether the token is refused, and whether the machine is switched off: neither for long.
    expired: bool,
    off: bool,
    acts: Vec<Act>,
}

/// The world of this seed, in which people write so many messages.
pub(super) fn plan(seed: u64, messages: usize, people: usize) -> Plan {
    let chance = SplitMix::new(seed);
    let hosts = if chance.once_in(3) { 1 } else { 3 };
    let skew_seconds = match chance.below(4) {
        0 => 0,
        1 => -SKEW_SECONDS,
        2 if hosts == 1 => SKEW_SECONDS,
        // The other hosts are later, by up to five minutes.
        _ => i64::try_from(chance.below(300)).unwrap_or_default().saturating_neg(),
    };
    let weather = if chance.once_in(4) { 0 } else { chance.next() | 1 };
    let torn_reads = hosts > 1 && chance.once_in(3);
    let setting = Setting { hosts, skew_seconds, weather, torn_reads };
    let mut writer =
        Writer { chance, people, said: 0, expired: false, off: false, acts: Vec::new() };
    while writer.said < messages {
        writer.scene(messages);
    }
    Plan { setting, acts: writer.acts }
}

impl Writer {
    fn once_in(&self, times: u64) -> bool {
        self.chance.once_in(times)
    }

    fn pick<T: Copy>(&self, all: &[T]) -> Option<T> {
        all.get(self.chance.below(all.len())).copied()
    }

    fn number(&self, from: u32, below: u32) -> u32 {
        let span = usize::try_from(below.saturating_sub(from)).unwrap_or_default();
        from.saturating_add(u32::try_from(self.chance.below(span)).unwrap_or_default())
    }

    fn run(&mut self, calls: u32) {
        let order = self.chance.next() | 1;
        self.acts.push(Act::Run { calls, order });
    }

    fn wait(&mut self, seconds: u64) {
        let order = self.chance.next() | 1;
        self.acts.push(Act::Wait { seconds, order });
    }

    /// Something bad, a few words, what people of the brand do, and time.
    fn scene(&mut self, messages: usize) {
        self.disturb();
        self.say(messages.saturating_sub(self.said));
        let calls = self.number(0, 70);
        self.run(calls);
        // A fifth comes again: at once, or after others.
        if self.once_in(5) {
            let back = if self.once_in(2) { 0 } else { self.chance.below(20) };
            self.acts.push(Act::Again(back));
            let calls = self.number(0, 40);
            self.run(calls);
        }
        self.change();
        self.serve();
        if self.once_in(4) {
            let calls = self.number(0, 120);
            self.run(calls);
        }
        self.pass();
    }

    fn say(&mut self, most: usize) {
        let count = if self.once_in(8) { self.chance.below(6).saturating_add(1) } else { 1 };
        let said: Vec<_> = (0..count.min(most)).map(|_| self.message()).collect();
        self.said = self.said.saturating_add(said.len());
        self.acts.push(Act::Say(said));
    }

    /// A few write much, so that their messages meet.
    fn somebody(&self) -> usize {
        if !self.once_in(3) {
            return self.chance.below(self.people);
        }
        match self.chance.below(4) {
            // The last one is on Messenger.
            3 => self.people.saturating_sub(1),
            often => often,
        }
    }

    fn message(&self) -> Said {
        use Text::{Agent, Image, MyData, Odd, Order, PressPerson, Rate, Refund, Stop};
        // Each with how many of 26 it is.
        const TEXTS: [(Text, usize); 9] = [
            (Order, 14),
            (Refund, 4),
            (Agent, 2),
            (Stop, 1),
            (MyData, 1),
            (Odd, 1),
            (Image, 1),
            (PressPerson, 1),
            (Rate, 1),
        ];
        let person = self.somebody();
        let texts = TEXTS.into_iter().flat_map(|(text, times)| repeat_n(text, times));
        let text = self.pick(&texts.collect::<Vec<_>>()).unwrap_or(Order);
        // A tenth was on its way for a while, some so long that a person must answer.
        let age = if self.once_in(10) {
            self.number(1, if self.once_in(4) { 1_500 } else { 90 })
        } else {
            0
        };
        Said { person, text, age_seconds: i64::from(age) }
    }

    fn disturb(&mut self) {
        if self.once_in(8) {
            let moment = if self.once_in(2) { Moment::Before } else { Moment::After };
            let calls = self.number(0, 60);
            self.acts.push(Act::Crash { calls, moment });
        }
        if self.once_in(20) {
            let calls = self.number(0, 60);
            let seconds = u64::from(match self.chance.below(3) {
                0 => self.number(1, 40),
                1 => self.number(300, 1_500),
                _ => self.number(80_000, 100_000),
            });
            self.acts.push(Act::Stall { calls, seconds });
        }
        if self.once_in(6) {
            let trouble = match self.chance.below(8) {
                0 | 1 => Trouble::Fails,
                2 => Trouble::UnknownUndone,
                3 | 4 => Trouble::UnknownDone,
                5 | 6 => Trouble::UnknownLater,
                _ => Trouble::Slow(self.number(1, 1_000)),
            };
            let calls = self.number(0, 40);
            self.acts.push(Act::Trouble { calls, trouble });
        }
        // One call in twenty is limited, one in thirty fails, one in fifty is taken and nobody hears it.
        let mood = match self.chance.below(100) {
            0..=4 => Mood::RateLimit(self.once_in(2).then(|| self.number(1, 120))),
            5..=7 => Mood::BadGateway { html: self.once_in(2) },
            8..=9 => Mood::TakesAndDrops,
            10 => Mood::Nonsense,
            11 => Mood::Refuses,
            12 => Mood::Undeliverable,
            _ => return,
        };
        self.acts.push(Act::Moods(vec![mood]));
    }

    /// Words are changed and taken back, and people of the brand speak in the platform's own app.
    fn change(&mut self) {
        let back = if self.once_in(2) { 0 } else { self.chance.below(12) };
        let act = match self.chance.below(40) {
            0..=2 => {
                let texts = [Text::Order, Text::Refund, Text::Agent, Text::Stop, Text::Odd];
                Act::Edit { back, text: self.pick(&texts).unwrap_or(Text::Order) }
            }
            3..=5 => Act::TakeBack { back },
            6 => {
                self.said = self.said.saturating_add(1);
                Act::Unsaid { person: self.somebody() }
            }
            7 => Act::Elsewhere { person: self.somebody() },
            _ => return,
        };
        self.acts.push(act);
        let calls = self.number(0, 40);
        self.run(calls);
    }

    /// What people of the brand do, and what people demand.
    fn serve(&mut self) {
        match self.chance.below(200) {
            0..=69 => {
                let deed = match self.chance.below(12) {
                    0..=3 => Deed::Answer,
                    4..=7 => Deed::HandBack,
                    8 | 9 => Deed::Close,
                    10 => Deed::Take,
                    _ => Deed::Note,
                };
                let case = self.chance.below(8);
                self.acts.push(Act::Agent { deed, case });
                let calls = self.number(0, 40);
                self.run(calls);
            }
            70..=79 => self.erase(),
            80..=87 => {
                let fate = self.pick(&[Fate::Sent, Fate::Delivered, Fate::Failed, Fate::Failed]);
                let back = self.chance.below(12);
                self.acts.push(Act::Report { back, fate: fate.unwrap_or(Fate::Sent) });
            }
            88 | 89 => {
                self.off = true;
                self.acts.push(Act::Automation(false));
                let calls = self.number(0, 60);
                self.run(calls);
            }
            90 => {
                self.expired = true;
                self.acts.push(Act::TokenExpires);
            }
            91 | 92 => self.acts.push(Act::Backup),
            93 => self.acts.push(Act::Restore { back: self.chance.below(3) }),
            94 | 95 => self.acts.push(Act::LoseHints),
            96 => self.suspended_for_a_day(),
            _ => {}
        }
        if self.off && self.once_in(4) {
            self.off = false;
            self.acts.push(Act::Automation(true));
        }
        if self.expired && self.once_in(4) {
            self.expired = false;
            self.acts.push(Act::TokenRenewed);
        }
    }

    /// An erasure in the midst of the person's own words: before it, while it goes on, and after it.
    fn erase(&mut self) {
        let person = self.chance.below(self.people.min(9));
        let words = self.chance.below(6).saturating_add(1);
        let moment = self.chance.below(words.saturating_add(1));
        for word in 0..=words {
            if word == moment {
                let callback = self.once_in(2);
                let act = if callback { Act::Callback { person } } else { Act::Erase { person } };
                self.acts.push(act);
            } else {
                let text = if self.once_in(3) { Text::Agent } else { Text::Order };
                self.acts.push(Act::Say(vec![Said { person, text, age_seconds: 0 }]));
                self.said = self.said.saturating_add(1);
            }
            // A few calls only: each begins while the one before goes on.
            let calls = self.number(0, if self.once_in(4) { 40 } else { 7 });
            self.run(calls);
            if self.once_in(6) {
                self.acts.push(Act::Again(self.chance.below(3)));
            }
            if self.once_in(4) {
                let seconds = u64::from(self.number(0, 3));
                self.wait(seconds);
            }
        }
        if self.once_in(2) {
            // Past the wait for the final notice.
            self.wait(31);
        }
    }

    /// The token is refused for longer than the window is open.
    fn suspended_for_a_day(&mut self) {
        self.acts.push(Act::TokenExpires);
        let said = self.message();
        self.acts.push(Act::Say(vec![Said { text: Text::Order, age_seconds: 0, ..said }]));
        self.said = self.said.saturating_add(1);
        self.run(60);
        let hours = u64::from(self.number(23, 30));
        self.wait(hours * 3_600);
        self.acts.push(Act::TokenRenewed);
        self.run(60);
    }

    fn pass(&mut self) {
        let seconds = match self.chance.below(40) {
            0..=27 => u64::from(self.number(0, 5)),
            28..=34 => u64::from(self.number(5, 120)),
            35..=37 => u64::from(self.number(120, 1_200)),
            38 => u64::from(self.number(1_200, 20_000)),
            _ => u64::from(self.number(80_000, 100_000)),
        };
        self.wait(seconds);
    }
}
