//! The interpreters that the configuration names, checked before a function needs one. Never chooses one.

use anyhow::{Result, bail};
use lambent_code::interpreter::{Family, Interpreters};

use crate::config::Config;

/// The interpreters of this host. One that is configured and cannot be used is a mistake that another one would hide.
pub(crate) async fn configured(config: &Config) -> Result<Interpreters> {
    let interpreters = Interpreters::discover(config.host.clone(), config.interpreters.clone());
    let unusable = unusable(config, &interpreters).await;
    if unusable.is_empty() {
        return Ok(interpreters);
    }
    bail!("{}", unusable.join("; "))
}

/// What is wrong with those that are configured. Where none is, the host is not looked through.
pub(crate) async fn unusable(config: &Config, interpreters: &Interpreters) -> Vec<String> {
    let mut told = Vec::new();
    for family in Family::ALL {
        if config.interpreters.iter().any(|configured| configured.family == family) {
            told.extend(interpreters.unusable(family).await.iter().map(ToString::to_string));
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Serve;

    #[tokio::test]
    async fn a_program_that_is_not_there_is_named_with_a_version_and_without() {
        for option in ["python=/nowhere/bin/python3", "nodejs22=/nowhere/bin/node"] {
            let config = Serve::naming(option).resolve().unwrap();
            let fault = configured(&config).await.unwrap_err().to_string();
            let program = option.split_once('=').unwrap().1;
            assert_eq!(fault, format!("the interpreter configured as {program} is not an executable file"));
        }
    }
}
