//! Who may be asked to be an ambassador, and what stands between.

use std::borrow::Cow;

use idip_numerics::influence::{AmbassadorCandidate, AmbassadorParams};
use idip_stage::StageError;

use super::params::AmbassadorSettings;
use super::permission::Permission;
use super::voice::Told;
use super::{Part, at};

/// One party's score, or why there is none.
pub(super) struct Judged {
    pub(super) score: Option<f64>,
    pub(super) stage: Option<&'static str>,
    pub(super) is_ambassador: Option<bool>,
    pub(super) reason: Cow<'static, str>,
}

/// The rule by which parties are judged.
pub(super) fn rule(settings: &AmbassadorSettings) -> Result<AmbassadorParams, StageError> {
    AmbassadorParams::new(
        settings.score_min,
        settings.sentiment_min,
        settings.active_weeks_min,
        settings.needs_purchase,
    )
    .map_err(|error| StageError::Setting {
        message: format!("differentiate.advocacy.ambassador: {error}"),
        hint: None,
    })
}

/// Judges neighbouring parties and what is told of their voice.
pub(super) fn judge(
    parties: &Part<'_>,
    permissions: &[Permission],
    voices: &Told,
    rule: &AmbassadorParams,
) -> Vec<Judged> {
    let candidates = parties.map(|batch, row| {
        let loyalty = at(&batch.mutual_loyalty, row, |values| values.value(row));
        Some((
            loyalty,
            AmbassadorCandidate {
                loyalty_degree: loyalty.unwrap_or(0.0),
                participation: 0.0,
                diffusion: 0.0,
                sentiment: 0.0,
                active_weeks: 0,
                is_customer: batch.purchase_days.value(row) > 0,
                is_recurrent: batch.is_recurrent.value(row),
                has_consent: false,
                is_employee_or_bot: false,
                is_ambassador: false,
            },
        ))
    });
    let voices_of = voices
        .participation
        .iter()
        .zip(&voices.diffusion)
        .zip(voices.sentiment.iter().zip(&voices.active_weeks));
    let judged = candidates.into_iter().flatten().zip(permissions).zip(voices_of).map(
        |(((loyalty, candidate), permission), ((participation, diffusion), (sentiment, weeks)))| {
            let missing = if !voices.has_posts {
                Some("no_social_feed")
            } else if !voices.has_reach {
                Some("no_reach")
            } else if loyalty.is_none() {
                Some("no_company_contacts")
            } else {
                None
            };
            if let Some(missing) = missing {
                let reason = missing.into();
                return Judged { score: None, stage: None, is_ambassador: None, reason };
            }
            let found = rule.judge(&AmbassadorCandidate {
                participation: participation.unwrap_or(0.0),
                diffusion: diffusion.unwrap_or(0.0),
                sentiment: *sentiment,
                active_weeks: *weeks,
                // Without a word there is no consent.
                has_consent: permission.has_consent.unwrap_or(false),
                is_employee_or_bot: permission.is_employee,
                ..candidate
            });
            let gates: Vec<&str> = found.gates.iter().map(|gate| gate.as_str()).collect();
            Judged {
                score: Some(found.score),
                stage: Some(found.stage.as_str()),
                is_ambassador: Some(gates.is_empty()),
                reason: if gates.is_empty() {
                    "every_gate_open".into()
                } else {
                    gates.join(",").into()
                },
            }
        },
    );
    judged.collect()
}
