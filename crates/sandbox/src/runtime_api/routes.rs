//! Which call a request is: its method and path, nothing else. Knows no state.

use super::extension;
use super::state::Call;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// `GET /2018-06-01/runtime/invocation/next`
    Next,
    /// `POST /2018-06-01/runtime/init/error`
    InitError,
    /// `GET /2018-06-01/runtime/restore/next`
    Restore,
    /// `POST /2018-06-01/runtime/restore/error`
    RestoreError,
    /// `POST /2018-06-01/runtime/invocation/{id}/response` or `/error`
    Answer(Call, String),
    /// `GET /2018-06-01/ping`
    Ping,
    /// `PUT /2022-07-01/telemetry`
    Telemetry,
    /// `PUT /2020-08-15/logs`
    Logs,
    /// `/2020-01-01/extension/…`
    Extension(extension::Call),
    /// A path that is there, with a method that is not.
    WrongMethod,
    /// A path that is not there.
    Unknown,
}

/// Finds the call for a method and a request target.
pub(crate) fn route(method: &str, target: &str) -> Route {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let (wanted, route) = match path.strip_prefix("/2018-06-01/") {
        Some("runtime/invocation/next") => ("GET", Route::Next),
        Some("runtime/init/error") => ("POST", Route::InitError),
        Some("runtime/restore/next") => ("GET", Route::Restore),
        Some("runtime/restore/error") => ("POST", Route::RestoreError),
        Some("ping") => ("GET", Route::Ping),
        Some(rest) => match answer(rest) {
            Some(route) => ("POST", route),
            None => return Route::Unknown,
        },
        None => match path {
            "/2022-07-01/telemetry" => ("PUT", Route::Telemetry),
            "/2020-08-15/logs" => ("PUT", Route::Logs),
            _ => match path.strip_prefix("/2020-01-01/extension/").and_then(extension) {
                Some(found) => found,
                None => return Route::Unknown,
            },
        },
    };
    if method == wanted { route } else { Route::WrongMethod }
}

fn extension(rest: &str) -> Option<(&'static str, Route)> {
    let (method, call) = match rest {
        "register" => ("POST", extension::Call::Register),
        "event/next" => ("GET", extension::Call::Next),
        "init/error" => ("POST", extension::Call::InitError),
        "exit/error" => ("POST", extension::Call::ExitError),
        _ => return None,
    };
    Some((method, Route::Extension(call)))
}

fn answer(rest: &str) -> Option<Route> {
    let (id, last) = rest.strip_prefix("runtime/invocation/")?.split_once('/')?;
    let call = match last {
        "response" => Call::Response,
        "error" => Call::Error,
        _ => return None,
    };
    Some(Route::Answer(call, id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::extension::Call::{ExitError, InitError, Next, Register};
    use super::{Call, Route, route};

    #[test]
    fn every_path_has_its_method() {
        let invocation = |last: &str| format!("/2018-06-01/runtime/invocation/{last}");
        let table = [
            ("GET", invocation("next"), Route::Next),
            ("GET", invocation("next?x=y"), Route::Next),
            ("HEAD", invocation("next"), Route::WrongMethod),
            ("POST", invocation("next"), Route::WrongMethod),
            ("POST", invocation("i-1/response"), Route::Answer(Call::Response, "i-1".to_owned())),
            ("POST", invocation("i-1/error"), Route::Answer(Call::Error, "i-1".to_owned())),
            ("GET", invocation("i-1/error"), Route::WrongMethod),
            ("POST", invocation("i-1/other"), Route::Unknown),
            ("POST", invocation("i-1/response/more"), Route::Unknown),
            ("POST", "/2018-06-01/runtime/init/error".to_owned(), Route::InitError),
            ("GET", "/2018-06-01/runtime/restore/next".to_owned(), Route::Restore),
            ("POST", "/2018-06-01/runtime/restore/error".to_owned(), Route::RestoreError),
            ("GET", "/2018-06-01/ping".to_owned(), Route::Ping),
            ("PUT", "/2022-07-01/telemetry".to_owned(), Route::Telemetry),
            ("PUT", "/2020-08-15/logs".to_owned(), Route::Logs),
            ("POST", "/2020-08-15/logs".to_owned(), Route::WrongMethod),
            ("POST", "/2020-01-01/extension/register".to_owned(), Route::Extension(Register)),
            ("GET", "/2020-01-01/extension/register".to_owned(), Route::WrongMethod),
            ("GET", "/2020-01-01/extension/event/next".to_owned(), Route::Extension(Next)),
            ("POST", "/2020-01-01/extension/init/error".to_owned(), Route::Extension(InitError)),
            ("POST", "/2020-01-01/extension/exit/error".to_owned(), Route::Extension(ExitError)),
            ("POST", "/2020-01-01/extension/other".to_owned(), Route::Unknown),
            ("GET", "/".to_owned(), Route::Unknown),
            ("GET", String::new(), Route::Unknown),
        ];
        for (method, target, expected) in table {
            assert_eq!(route(method, &target), expected, "{method} {target}");
        }
    }
}
