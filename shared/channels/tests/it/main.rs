//! What every platform must do: the same suite for all of them, and for the template from which the next one is made.

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod incoming;
#[cfg(test)]
mod outgoing;
#[cfg(test)]
mod specimen;
#[cfg(test)]
#[path = "../../template/platform.rs"]
mod template;
