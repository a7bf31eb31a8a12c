//! Process isolation has no mounts: paths inside are turned into the host's. Never touches other text.

use super::message::Request;

/// Rewrites arguments, working folder and the values of the environment, which may be lists with colons.
pub(super) fn to_host_paths(mut request: Request) -> Request {
    let mounts = std::mem::take(&mut request.mounts);
    for argument in request.argv.iter_mut().chain(&mut request.extensions) {
        *argument = rewritten(argument, &mounts);
    }
    request.working_directory = rewritten(&request.working_directory, &mounts);
    for variable in request.environment.iter_mut().chain(&mut request.extension_environment) {
        if let Some((name, value)) = variable.split_once('=') {
            let parts: Vec<_> = value.split(':').map(|part| rewritten(part, &mounts)).collect();
            *variable = format!("{name}={}", parts.join(":"));
        }
    }
    request
}

/// The path with the longest mount it lies under replaced by that mount's source.
fn rewritten(path: &str, mounts: &[(String, String)]) -> String {
    let under = |target: &str| {
        path.strip_prefix(target.trim_end_matches('/'))
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let best = mounts
        .iter()
        .filter_map(|(source, target)| Some((target.len(), source, under(target)?)))
        .max_by_key(|(length, ..)| *length);
    best.map_or_else(|| path.to_owned(), |(_, source, rest)| format!("{source}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mount_wins_and_names_are_whole() {
        let mounts = [
            ("/data/code".to_owned(), "/var/task".to_owned()),
            ("/data/lib".to_owned(), "/var/task/lib".to_owned()),
        ];
        let check = |path, expected: &str| assert_eq!(rewritten(path, &mounts), expected);
        check("/var/task", "/data/code");
        check("/var/task/bootstrap", "/data/code/bootstrap");
        check("/var/task/lib/x.so", "/data/lib/x.so");
        check("/var/tasks", "/var/tasks");
        check("hello", "hello");
    }
}
