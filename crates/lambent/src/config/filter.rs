//! What the log shall show, checked before it starts. Never starts it.

use anyhow::{Context as _, Result, bail};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// A filter that means something. A bare word that is no level would be taken for the name of a module, and the log
/// would be silent.
pub(super) fn read(text: &str) -> Result<String> {
    EnvFilter::try_new(text).with_context(|| format!("--log {text:?} is no filter"))?;
    let bare = |part: &&str| !part.contains(['=', '[', ']', '}', ':']);
    for word in text.split(',').map(str::trim).filter(bare) {
        if word.is_empty() || word.parse::<LevelFilter>().is_err() {
            bail!("--log {text:?}: {word:?} is no level: off, error, warn, info, debug or trace");
        }
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_targets_are_filters_and_other_words_are_not() {
        for right in
            ["info", "WARN", "info,lambent::function=off", "lambent_store=debug,warn", "lambent::function"]
        {
            assert!(read(right).is_ok(), "{right}");
        }
        for wrong in ["", "inof", "info,verbose", "lambent=loud", "info,"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
