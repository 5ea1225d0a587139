//! Looking through the store once a day, so that damage is found while there is still a copy without it.

use std::{sync::Arc, time::Duration};

use forthright_embedded::SqliteTable;
use tokio::{sync::watch, task, time};

use super::stopped;

/// How often everything is looked at; the first time soon after the start.
const EVERY: Duration = Duration::from_hours(24);

/// Looks until the process is asked to end.
pub(super) async fn run(table: Arc<SqliteTable>, mut stopping: watch::Receiver<bool>) {
    let mut interval = time::interval(EVERY);
    loop {
        tokio::select! {
            () = stopped(&mut stopping) => return,
            _ = interval.tick() => {}
        }
        let table = Arc::clone(&table);
        match task::spawn_blocking(move || table.scrub()).await {
            Ok(Ok(found)) if found.is_clean() => {
                tracing::info!(rows = found.rows, "every row is as it was written");
            }
            Ok(Ok(found)) => tracing::error!(
                alarm = "damaged",
                rows = found.rows,
                damaged = found.damaged,
                hidden = found.hidden,
                unreadable = found.unreadable,
                "the disk changed what was written; check it, and put a copy back"
            ),
            Ok(Err(error)) => {
                tracing::error!(%error, alarm = "damaged", "the store cannot be looked through");
            }
            Err(error) => tracing::error!(%error, "looking through the store ended early"),
        }
    }
}
