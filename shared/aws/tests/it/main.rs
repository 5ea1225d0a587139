//! The hosts, driven by events as Lambda delivers them.

#[cfg(test)]
mod http_host;
#[cfg(test)]
mod lane;
#[cfg(test)]
mod queue_host;
#[cfg(test)]
mod runtime;
#[cfg(test)]
mod start;
