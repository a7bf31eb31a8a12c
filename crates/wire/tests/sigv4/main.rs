//! SigV4 judged from outside: AWS's own suite, botocore's signers, changed requests, and each refusal.

#[cfg(test)]
mod botocore;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod request;
#[cfg(test)]
mod streaming;
#[cfg(test)]
mod suite;
