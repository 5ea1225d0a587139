//! What the queues and the scheduler do on AWS: bring hints to functions, again if need be, and look around.

use std::{future::Future, sync::Arc, time::Duration};

use forthright_core::{FromHint, Handle, Hint, Poison, Retry, guarded};
use forthright_embedded::Receivers;
use forthright_steward::Tick;
use futures::StreamExt;
use tokio::{
    sync::{mpsc, watch},
    time,
};

use super::{END_WAIT, Local, stopped};

/// How many jobs of a lane are handled at a time.
const JOBS_AT_ONCE: usize = 64;
/// How often a job is tried that may succeed later; then it waits for the steward.
const TRIES: u32 = 4;
/// How long it waits before, the first time; then twice as long each time.
const PAUSE: Duration = Duration::from_millis(50);
/// How often the steward looks around.
const TICK: Duration = Duration::from_secs(5);

/// Starts a worker for each lane, and the steward. The future ends when all have.
#[expect(clippy::disallowed_methods, reason = "this process does not freeze: it may spawn")]
pub(super) fn start(
    bundle: &Arc<Local>,
    receivers: Receivers,
    stopping: &watch::Receiver<bool>,
) -> impl Future<Output = ()> + use<> {
    let lanes = Lanes { bundle, stopping };
    let tasks = [
        tokio::spawn(lanes.lead(receivers.inbound, |bundle| &bundle.intent)),
        tokio::spawn(lanes.lead(receivers.outbound, |bundle| &bundle.reply)),
        tokio::spawn(lanes.lead(receivers.human, |bundle| &bundle.escalation)),
        tokio::spawn(lanes.lead(receivers.privacy, |bundle| &bundle.privacy)),
        tokio::spawn(ticks(Arc::clone(bundle), stopping.clone())),
    ];
    async move {
        if time::timeout(END_WAIT, futures::future::join_all(tasks)).await.is_err() {
            tracing::warn!("some work did not end in time; the next start goes on with it");
        }
    }
}

/// What the lanes share.
struct Lanes<'a> {
    bundle: &'a Arc<Local>,
    stopping: &'a watch::Receiver<bool>,
}

impl Lanes<'_> {
    /// Leads a lane to a function: handles what comes until the process is asked to end, and then what was begun.
    fn lead<Job, Function>(
        &self,
        mut hints: mpsc::Receiver<Hint>,
        function: fn(&Local) -> &Function,
    ) -> impl Future<Output = ()> + Send + use<Job, Function>
    where
        Job: FromHint + Clone + Send + Sync,
        Function: Handle<Job> + Poison<Job> + Sync + 'static,
    {
        let bundle = Arc::clone(self.bundle);
        let mut stopping = self.stopping.clone();
        async move {
            let function = function(&bundle);
            let incoming = futures::stream::poll_fn(move |context| hints.poll_recv(context))
                .take_until(async move { stopped(&mut stopping).await });
            incoming.for_each_concurrent(JOBS_AT_ONCE, |hint| job(function, hint)).await;
        }
    }
}

/// Handles one job: again while it may succeed, by a person if it never can.
async fn job<Job, Function>(function: &Function, hint: Hint)
where
    Job: FromHint + Clone,
    Function: Handle<Job> + Poison<Job>,
{
    let Some(job) = Job::from_hint(hint) else {
        tracing::error!("dropped a hint that is not of its lane");
        return;
    };
    for attempt in 0..TRIES {
        let Err(fault) = guarded(async { function.handle(job.clone()).await }).await else {
            return;
        };
        if fault.retry() == Retry::Never {
            tracing::error!(error = %fault, alarm = "poison", "a job can never succeed; a person gets it");
            // Apart, for it is rare: every job would else be as large as both together.
            if let Err(second) = guarded(Box::pin(function.to_a_person(&job))).await {
                tracing::error!(error = %second, "no person could be told; the steward will find it");
            }
            return;
        }
        tracing::warn!(error = %fault, attempt, "a job failed; it is tried again");
        time::sleep(PAUSE.saturating_mul(1 << attempt)).await;
    }
    tracing::error!("a job failed too often; the steward will find it");
}

async fn ticks(bundle: Arc<Local>, mut stopping: watch::Receiver<bool>) {
    let mut interval = time::interval(TICK);
    interval.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopped(&mut stopping) => return,
            _ = interval.tick() => {}
        }
        if let Err(fault) = bundle.steward.handle(Tick::Clock).await {
            tracing::error!(error = %fault, "the steward could not look around; it tries again");
        }
    }
}
