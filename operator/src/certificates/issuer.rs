//! Makes keys and certificates: ECDSA on P-256, which every stack knows and which is quick to prove.

use std::time::Duration;

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use crate::certificates::authority::{Authority, Issued, PrivateKey};
use crate::certificates::rotation::{BACKDATED, Issue, IssueError, LIFE};

/// Makes them of random numbers of the system's.
#[derive(Debug, Clone, Copy, Default)]
pub struct Issuer;

impl Issue for Issuer {
    fn authority(&self, names: &[String], now: Timestamp) -> Result<Authority, IssueError> {
        authority(names, now).map_err(|error| failed(names, &error))
    }

    fn certificate(&self, authority: &Authority, names: &[String]) -> Result<Issued, IssueError> {
        issued(authority, names).map_err(|error| failed(names, &error))
    }
}

fn failed(names: &[String], error: &rcgen::Error) -> IssueError {
    IssueError { names: names.join(", "), cause: error.to_string() }
}

fn authority(names: &[String], now: Timestamp) -> Result<Authority, rcgen::Error> {
    let (made_at, expires_at) = (now, now.saturating_add(LIFE).unwrap_or(Timestamp::MAX));
    // Two of the same second are told apart all the same.
    let name = format!("BallSession reports {made_at:.0} {:08x}", fastrand::u32(..));
    let params = of_authority(&name, made_at, expires_at);
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?.pem();
    let key = PrivateKey(key.serialize_pem());
    let nothing = Issued { names: Vec::new(), certificate: String::new(), key: PrivateKey(String::new()) };
    let authority = Authority { name, made_at, expires_at, certificate, key, issued: nothing };
    Ok(Authority { issued: issued(&authority, names)?, ..authority })
}

fn issued(authority: &Authority, names: &[String]) -> Result<Issued, rcgen::Error> {
    let Authority { name, made_at, expires_at, .. } = authority;
    let issuer = of_authority(name, *made_at, *expires_at);
    let issuer = rcgen::Issuer::new(issuer, KeyPair::from_pem(&authority.key.0)?);
    let mut params = CertificateParams::new(names)?;
    set_validity(&mut params, *made_at, *expires_at);
    // What it is for stands in its alternative names alone.
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "BallSession operator");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &issuer)?.pem();
    Ok(Issued { names: names.to_vec(), certificate, key: PrivateKey(key.serialize_pem()) })
}

/// What an authority's certificate says.
fn of_authority(name: &str, made_at: Timestamp, expires_at: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    set_validity(&mut params, made_at, expires_at);
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    // It issues the operator's certificate, and no further authorities.
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

/// Both kinds are valid alike: what an authority issues goes with it.
fn set_validity(params: &mut CertificateParams, made_at: Timestamp, expires_at: Timestamp) {
    let moment = |time: Timestamp| {
        let seconds = u64::try_from(time.as_second()).unwrap_or_default();
        date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds)
    };
    let from = made_at.saturating_sub(BACKDATED).unwrap_or(Timestamp::UNIX_EPOCH);
    (params.not_before, params.not_after) = (moment(from), moment(expires_at));
}
