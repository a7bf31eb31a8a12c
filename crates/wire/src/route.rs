//! From a path to an operation: URI templates of the model, matched most specific first. Reads no body.

use std::cmp::Reverse;

use http::HeaderMap;
use percent_encoding::percent_decode_str;

use crate::schema::{Known, Service};

/// The routes of one service, compiled once.
#[derive(Debug)]
pub struct Router {
    routes: Vec<Template>,
}

/// Values of the labels of a template, decoded, by their names in it.
pub type Labels = Vec<(&'static str, String)>;

#[derive(Debug)]
struct Template {
    operation: &'static str,
    method: &'static str,
    segments: Vec<Segment>,
    literals: Vec<(&'static str, Option<&'static str>)>,
    /// Required parameters and headers.
    query: &'static [&'static str],
    headers: &'static [&'static str],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Segment {
    Literal(&'static str),
    Label(&'static str),
    Greedy(&'static str),
}

impl Router {
    /// Compiles the templates of every operation of the model, built or not.
    #[must_use]
    pub fn of(service: &Service) -> Self {
        let mut routes: Vec<Template> = service.known.iter().map(Template::parse).collect();
        routes.sort_by_cached_key(|route| Reverse(route.rank()));
        Self { routes }
    }

    /// The operation a request line names, with its labels. `path` and `query` are as received.
    ///
    /// Operations with one template are told apart by what they require (S3's DeleteObject and
    /// AbortMultipartUpload); who lacks a required parameter still finds the operation, to be told so.
    #[must_use]
    pub fn find(
        &self,
        method: &str,
        path: &str,
        query: &str,
        headers: &HeaderMap,
    ) -> Option<(&'static str, Labels)> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let mut lacking = None;
        for route in self.routes.iter().filter(|route| route.method == method) {
            let Some(labels) = route.matches(path, query) else { continue };
            if route.has_required(query, headers) {
                return Some((route.operation, labels));
            }
            lacking.get_or_insert((route.operation, labels));
        }
        lacking
    }
}

impl Template {
    fn parse(known: &Known) -> Self {
        let Known { name: operation, method, uri, query: required, headers } = *known;
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let segments = path.split('/').filter(|segment| !segment.is_empty()).map(Segment::parse).collect();
        let literals = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').map_or((pair, None), |(key, value)| (key, Some(value))))
            .collect();
        Self { operation, method, segments, literals, query: required, headers }
    }

    /// Literal before label before greedy label, leftmost first; then who asks for more of the query.
    fn rank(&self) -> (Vec<u8>, usize, usize) {
        let weigh = |segment: &Segment| match segment {
            Segment::Literal(_) => 3,
            Segment::Label(_) => 2,
            Segment::Greedy(_) => 1,
        };
        let required = self.query.len() + self.headers.len();
        (self.segments.iter().map(weigh).collect(), self.literals.len(), required)
    }

    fn matches(&self, path: &str, query: &str) -> Option<Labels> {
        let mut rest = Some(path);
        let mut raw: Vec<(&'static str, &str)> = Vec::new();
        for (at, segment) in self.segments.iter().enumerate() {
            let here = rest?;
            if let Segment::Greedy(name) = segment {
                let (value, after) = self.greedy(at, here)?;
                raw.push((name, value));
                rest = after;
                continue;
            }
            let (value, after) = split(here);
            match segment {
                Segment::Literal(literal) if decoded(value)? == *literal => {}
                Segment::Label(name) if !value.is_empty() => raw.push((name, value)),
                Segment::Literal(_) | Segment::Label(_) | Segment::Greedy(_) => return None,
            }
            rest = after;
        }
        // What is left may be nothing or one trailing slash.
        if !matches!(rest, None | Some("")) || !self.asks_for(query) {
            return None;
        }
        raw.into_iter().map(|(name, value)| Some((name, decoded(value)?.into_owned()))).collect()
    }

    /// A greedy label takes all but what the segments after it need.
    fn greedy<'p>(&self, at: usize, path: &'p str) -> Option<(&'p str, Option<&'p str>)> {
        let after = self.segments.len() - at - 1;
        if path.is_empty() {
            return None;
        }
        if after == 0 {
            return Some((path, None));
        }
        let (cut, _) = path.rmatch_indices('/').nth(after - 1)?;
        (cut > 0).then(|| (&path[..cut], Some(&path[cut + 1..])))
    }

    fn has_required(&self, query: &str, headers: &HeaderMap) -> bool {
        let has = |key: &str| query.split('&').any(|pair| pair.split('=').next() == Some(key));
        self.query.iter().all(|key| has(key)) && self.headers.iter().all(|name| headers.contains_key(*name))
    }

    fn asks_for(&self, query: &str) -> bool {
        self.literals.iter().all(|(key, value)| {
            query.split('&').any(|pair| {
                let (given, with) = pair.split_once('=').map_or((pair, None), |(k, v)| (k, Some(v)));
                given == *key && value.is_none_or(|value| with == Some(value))
            })
        })
    }
}

impl Segment {
    fn parse(text: &'static str) -> Self {
        match text.strip_prefix('{').and_then(|label| label.strip_suffix('}')) {
            None => Self::Literal(text),
            Some(label) => label.strip_suffix('+').map_or(Self::Label(label), Self::Greedy),
        }
    }
}

fn split(path: &str) -> (&str, Option<&str>) {
    path.split_once('/').map_or((path, None), |(segment, rest)| (segment, Some(rest)))
}

fn decoded(text: &str) -> Option<std::borrow::Cow<'_, str>> {
    percent_decode_str(text).decode_utf8().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(templates: &[(&'static str, &'static str, &'static str)]) -> Router {
        let mut routes: Vec<_> = templates
            .iter()
            .map(|(name, method, uri)| {
                Template::parse(&Known { name, method, uri, query: &[], headers: &[] })
            })
            .collect();
        routes.sort_by_cached_key(|route| Reverse(route.rank()));
        Router { routes }
    }

    fn lambda() -> Router {
        router(&[
            ("ListFunctions", "GET", "/2015-03-31/functions"),
            ("GetFunction", "GET", "/2015-03-31/functions/{FunctionName}"),
            ("GetFunctionConfiguration", "GET", "/2015-03-31/functions/{FunctionName}/configuration"),
            ("InvokeAsync", "POST", "/2014-11-13/functions/{FunctionName}/invoke-async"),
            ("GetPC", "GET", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency"),
            ("ListPC", "GET", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency?List=ALL"),
            ("ListLayers", "GET", "/2018-10-31/layers"),
            ("GetLayerVersionByArn", "GET", "/2018-10-31/layers?find=LayerVersion"),
            ("ListBuckets", "GET", "/"),
            ("ListObjects", "GET", "/{Bucket}"),
            ("GetObject", "GET", "/{Bucket}/{Key+}"),
            ("GetAcl", "GET", "/{Bucket}/{Key+}?acl"),
            ("Middle", "GET", "/deep/{All+}/end"),
        ])
    }

    fn check(method: &str, path: &str, query: &str, operation: &str, labels: &[(&str, &str)]) {
        let found = lambda().find(method, path, query, &HeaderMap::new());
        let (name, given) = found.unwrap_or_else(|| panic!("{method} {path}?{query} has no route"));
        let given: Vec<_> = given.iter().map(|(k, v)| (*k, v.as_str())).collect();
        assert_eq!((name, given.as_slice()), (operation, labels), "{method} {path}?{query}");
    }

    #[test]
    fn paths_find_their_operation() {
        let arn = "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST";
        check("GET", "/2015-03-31/functions", "", "ListFunctions", &[]);
        check("GET", "/2015-03-31/functions/", "MaxItems=1", "ListFunctions", &[]);
        check("GET", "/2015-03-31/functions/f", "", "GetFunction", &[("FunctionName", "f")]);
        check(
            "GET",
            "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af%3A%24LATEST",
            "",
            "GetFunction",
            &[("FunctionName", arn)],
        );
        check(
            "GET",
            "/2015-03-31/functions/f/configuration",
            "",
            "GetFunctionConfiguration",
            &[("FunctionName", "f")],
        );
        check("POST", "/2014-11-13/functions/f/invoke-async/", "", "InvokeAsync", &[("FunctionName", "f")]);
    }

    #[test]
    fn literal_parts_of_the_query_decide() {
        let path = "/2019-09-30/functions/f/provisioned-concurrency";
        check("GET", path, "Qualifier=1", "GetPC", &[("FunctionName", "f")]);
        check("GET", path, "Marker=x&List=ALL", "ListPC", &[("FunctionName", "f")]);
        check("GET", "/2018-10-31/layers", "find=LayerVersion&Arn=a", "GetLayerVersionByArn", &[]);
        check("GET", "/2018-10-31/layers", "find=x", "ListLayers", &[]);
        check("GET", "/b/k", "acl", "GetAcl", &[("Bucket", "b"), ("Key", "k")]);
    }

    #[test]
    fn greedy_labels_keep_their_slashes() {
        check("GET", "/", "", "ListBuckets", &[]);
        check("GET", "/b/", "", "ListObjects", &[("Bucket", "b")]);
        check("GET", "/b/a/b%2Fc/", "", "GetObject", &[("Bucket", "b"), ("Key", "a/b/c/")]);
        check("GET", "/deep/a/b/end", "", "Middle", &[("All", "a/b")]);
    }

    #[test]
    fn what_an_operation_requires_tells_it_from_its_twin() {
        let known =
            |name, query| Known { name, method: "DELETE", uri: "/{Bucket}/{Key+}", query, headers: &[] };
        let twins = [known("DeleteObject", &[]), known("AbortMultipartUpload", &["uploadId"])];
        let mut routes: Vec<_> = twins.iter().map(Template::parse).collect();
        routes.sort_by_cached_key(|route| Reverse(route.rank()));
        let router = Router { routes };
        let find = |query| router.find("DELETE", "/b/k", query, &HeaderMap::new()).unwrap().0;
        assert_eq!(find("versionId=1"), "DeleteObject");
        assert_eq!(find("uploadId=1"), "AbortMultipartUpload");
    }

    #[test]
    fn what_fits_no_template_has_no_route() {
        let router = router(&[("GetFunction", "GET", "/2015-03-31/functions/{FunctionName}")]);
        let find = |method: &str, path: &str| router.find(method, path, "", &HeaderMap::new());
        for path in ["", "/", "/2015-03-31", "/2015-03-31/functions/", "/2015-03-31/functions/f/x", "/%ff"] {
            assert_eq!(find("GET", path), None, "{path}");
        }
        assert_eq!(find("GET", "/2015-03-31/functions/%ff"), None);
        assert_eq!(find("PUT", "/2015-03-31/functions/f"), None);
    }
}
