//! The policies that a simulation goes by, each with where it comes from. Never evaluates them together.

use std::sync::Arc;

use lambent_core::iam::holder::Holdings;
use lambent_core::iam::realm::Realm;
use lambent_core::iam::{Decision, Document, Kind, Request, evaluate, statement_place};
use lambent_wire::iam::simulation::{Position, Statement as WireStatement};

use super::super::Error;
use crate::Server;

/// What AWS calls the kind of every policy here.
const KIND: &str = "IAM Policy";

/// A policy with its text.
pub(super) struct Source {
    id: String,
    text: String,
    pub(super) document: Arc<Document>,
}

/// All policies of a simulation.
#[derive(Default)]
pub(super) struct Sources {
    pub(super) identity: Vec<Source>,
    pub(super) boundary: Option<Document>,
    pub(super) resource: Option<Source>,
}

impl Sources {
    /// What a user or role has.
    pub(super) fn of_principal(server: &Server, realm: &Realm, arn: &str) -> Result<Self, Error> {
        let missing = || Error::NoSuchPrincipal(arn.to_owned());
        let own = |account: &Realm| account == realm;
        let (kind, name, holdings, boundary) = if let Some(kept) = server.identities.user(arn) {
            let user = own(&kept.user.realm).then(|| kept.user.clone()).ok_or_else(missing)?;
            ("user", user.name, user.held, kept.held.boundary.clone())
        } else {
            let kept = server.identities.role(arn).ok_or_else(missing)?;
            let role = own(&kept.role.realm).then(|| kept.role.clone()).ok_or_else(missing)?;
            ("role", role.name, role.held, kept.held.boundary.clone())
        };
        let mut sources = Self { boundary: boundary.map(|one| one.as_ref().clone()), ..Self::default() };
        sources.add_holdings(server, &format!("{kind}_{name}"), &holdings)?;
        Ok(sources)
    }

    fn add_holdings(&mut self, server: &Server, holder: &str, holdings: &Holdings) -> Result<(), Error> {
        for (name, text) in &holdings.inline {
            self.identity.push(Source::read(format!("{holder}_{name}"), text)?);
        }
        for arn in &holdings.attached {
            let name = arn.rsplit('/').next().unwrap_or(arn).to_owned();
            let text = server.identities.policy_text(arn).unwrap_or_default();
            self.identity.push(Source::read(name, &text)?);
        }
        Ok(())
    }

    /// Adds the policies of a list of the request.
    pub(super) fn add_given(&mut self, list: &str, texts: &[String]) -> Result<(), Error> {
        for (at, text) in texts.iter().enumerate() {
            self.identity.push(Source::read(format!("{list}.{}", at + 1), text)?);
        }
        Ok(())
    }

    /// Takes another boundary, where one is given; AWS takes one.
    pub(super) fn bound(&mut self, texts: &[String]) -> Result<(), Error> {
        if let Some(text) = texts.first() {
            self.boundary = Some(Source::read(String::new(), text)?.document.as_ref().clone());
        }
        Ok(())
    }

    /// Takes the policy of the resource, where one is given.
    pub(super) fn stand_on_resource(&mut self, text: Option<&str>) -> Result<(), Error> {
        self.resource = text.map(|text| Source::read("ResourcePolicy".to_owned(), text)).transpose()?;
        Ok(())
    }
}

impl Source {
    fn read(id: String, text: &str) -> Result<Self, Error> {
        let document = Document::parse(text);
        let document = document.map_err(|_| Error::InvalidInput("Syntax errors in policy.".to_owned()))?;
        Ok(Self { id, text: text.to_owned(), document: Arc::new(document) })
    }

    /// The statements that are about a request and deny it, or allow it.
    pub(super) fn matched(&self, request: &Request<'_>, kind: Kind, denying: bool) -> Vec<WireStatement> {
        let places = statement_place::all(&self.text);
        let statements = self.document.statements.iter().enumerate();
        let says = |statements: &lambent_core::iam::Statement| {
            let alone = Document { statements: vec![statements.clone()], ..self.document.as_ref().clone() };
            match evaluate(&alone, kind, request) {
                Decision::Denied => denying,
                Decision::Allowed(_) => !denying,
                Decision::Silent => false,
            }
        };
        let shown = statements.filter(|(_, statement)| says(statement)).map(|(at, _)| WireStatement {
            source_policy_id: Some(self.id.clone()),
            source_policy_type: Some(KIND.to_owned()),
            start_position: places.get(at).map(|place| position(place.start)),
            end_position: places.get(at).map(|place| position(place.end)),
        });
        shown.collect()
    }
}

fn position((line, column): (usize, usize)) -> Position {
    Position { line: i32::try_from(line).ok(), column: i32::try_from(column).ok() }
}
