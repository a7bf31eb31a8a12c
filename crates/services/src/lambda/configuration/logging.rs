//! What a request changes of how a function logs: what it does not name stays. Never writes a line.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html>

use lambent_core::lambda::configuration::{LogFormat, Logging};
use lambent_wire::lambda::function::LoggingConfig;

use super::Error;

/// The level of a function that logs JSON and asks for no other.
const LEVEL: &str = "INFO";

/// How a function logs then. Whoever asks for JSON and names no level gets `INFO`, whatever it was before; with text there
/// are no levels.
pub(super) fn changed(before: &Logging, asked: Option<&LoggingConfig>) -> Result<Logging, Error> {
    let Some(asked) = asked else { return Ok(before.clone()) };
    let format = match asked.log_format.as_deref() {
        Some("JSON") => LogFormat::Json,
        Some(_) => LogFormat::Text,
        None => before.format,
    };
    let group = asked.log_group.clone().or_else(|| before.group.clone());
    let levels = (&asked.application_log_level, &asked.system_log_level);
    let (application_level, system_level) = match format {
        LogFormat::Text if levels != (&None, &None) => return Err(levels_of_text()),
        LogFormat::Text => (None, None),
        LogFormat::Json => {
            let named = asked.log_format.is_some();
            let level = |new: &Option<String>, old: &Option<String>| {
                let kept = old.clone().filter(|_| !named);
                new.clone().or(kept).or_else(|| Some(LEVEL.to_owned()))
            };
            (level(levels.0, &before.application_level), level(levels.1, &before.system_level))
        }
    };
    Ok(Logging { format, group, application_level, system_level })
}

fn levels_of_text() -> Error {
    Error::InvalidParameter(
        "ApplicationLogLevel and SystemLogLevel are not supported with the Text log format. Use the JSON log format to set log levels."
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(format: Option<&str>, application: Option<&str>, group: Option<&str>) -> LoggingConfig {
        LoggingConfig {
            log_format: format.map(str::to_owned),
            application_log_level: application.map(str::to_owned),
            system_log_level: None,
            log_group: group.map(str::to_owned),
        }
    }

    #[test]
    fn json_has_levels_and_text_has_none() {
        let json = changed(&Logging::default(), Some(&asked(Some("JSON"), Some("DEBUG"), None))).unwrap();
        assert_eq!(json.application_level.as_deref(), Some("DEBUG"));
        assert_eq!(json.system_level.as_deref(), Some("INFO"));
        let grouped = changed(&json, Some(&asked(None, None, Some("g")))).unwrap();
        assert_eq!(
            (grouped.application_level.as_deref(), grouped.group_of("f")),
            (Some("DEBUG"), "g".into())
        );
        let again = changed(&grouped, Some(&asked(Some("JSON"), None, None))).unwrap();
        assert_eq!(again.application_level.as_deref(), Some("INFO"), "JSON by name brings the levels back");
        let text = changed(&again, Some(&asked(Some("Text"), None, None))).unwrap();
        assert_eq!((text.application_level, text.system_level, text.group), (None, None, Some("g".into())));
    }

    #[test]
    fn levels_do_not_go_with_text() {
        assert!(changed(&Logging::default(), Some(&asked(None, Some("DEBUG"), None))).is_err());
        assert!(changed(&Logging::default(), Some(&asked(Some("Text"), Some("DEBUG"), None))).is_err());
        assert_eq!(changed(&Logging::default(), None).unwrap(), Logging::default());
    }
}
