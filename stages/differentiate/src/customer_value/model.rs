//! Models of purchases by the name they have in the tables, and their fits.

use std::collections::BTreeMap;

use idip_numerics::btyd::pareto_nbd::ParetoNbdFamily;
use idip_numerics::btyd::{
    BetaGeometricFamily, Cells, Dropout, Fit, FitBasis, FitError, FitSettings, ModelFamily,
    ModelKind, PurchaseModel, fit,
};
use idip_schemas::differentiate::value::{value_model, value_parameter};
use idip_stage::{StageError, Views};

use super::params::ModelChoice;

/// Name of a model in the tables.
pub(super) fn code(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::BgNbd => "bg_nbd",
        ModelKind::MbgNbd => "mbg_nbd",
        ModelKind::ParetoNbd => "pareto_nbd",
    }
}

fn kind_of(code_of_kind: &str) -> Option<ModelKind> {
    let kinds = ModelChoice::Auto.candidates().iter().copied();
    kinds.into_iter().find(|&kind| code(kind) == code_of_kind)
}

fn parameter_names(kind: ModelKind) -> [&'static str; 4] {
    match kind {
        ModelKind::BgNbd | ModelKind::MbgNbd => ["r", "alpha", "a", "b"],
        ModelKind::ParetoNbd => ["r", "alpha", "s", "beta"],
    }
}

/// Name of a basis in the tables, and why it is not the data alone.
pub(super) fn basis(basis: FitBasis) -> (&'static str, Option<String>) {
    match basis {
        FitBasis::MaximumLikelihood => ("maximum_likelihood", None),
        FitBasis::WeakPrior(reason) => ("weak_prior", Some(reason.to_string())),
        FitBasis::StrongPrior(reason) => ("strong_prior", Some(reason.to_string())),
    }
}

/// A fitted model of purchases, of whichever family.
#[derive(Debug)]
pub(super) struct Fitted {
    pub(super) model: Box<dyn PurchaseModel>,
    pub(super) basis: FitBasis,
    pub(super) ln_likelihood: f64,
    pub(super) standard_errors: Option<Vec<f64>>,
    pub(super) n_steps: usize,
}

impl Fitted {
    /// Estimates in the order of the literature, which a later fit can start from.
    pub(super) fn estimates(&self) -> Vec<f64> {
        self.model.parameters().into_iter().map(|(_, estimate)| estimate).collect()
    }
}

/// Fits a model of that kind.
///
/// # Errors
///
/// When there is nothing to fit it to.
pub(super) fn fit_kind(
    kind: ModelKind,
    cells: &Cells,
    settings: &FitSettings,
) -> Result<Fitted, FitError> {
    match kind {
        ModelKind::BgNbd => {
            of_family(&BetaGeometricFamily { dropout: Dropout::AfterRepeats }, cells, settings)
        }
        ModelKind::MbgNbd => {
            of_family(&BetaGeometricFamily { dropout: Dropout::AfterEvery }, cells, settings)
        }
        ModelKind::ParetoNbd => of_family(&ParetoNbdFamily, cells, settings),
    }
}

fn of_family<F>(family: &F, cells: &Cells, settings: &FitSettings) -> Result<Fitted, FitError>
where
    F: ModelFamily,
    F::Model: 'static,
{
    let Fit { model, basis, ln_likelihood, standard_errors, n_steps, .. } =
        fit(family, cells, settings)?;
    Ok(Fitted { model: Box::new(model), basis, ln_likelihood, standard_errors, n_steps })
}

/// Last night's estimates, from which tonight's searches start, and its choice.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct LastNight {
    estimates: BTreeMap<(String, String), f64>,
    chosen: Option<ModelKind>,
}

impl LastNight {
    /// Reads them; nothing is known on the first night.
    ///
    /// # Errors
    ///
    /// When a view breaks its contract.
    pub(super) fn parse(views: &dyn Views) -> Result<Self, StageError> {
        let rows = value_parameter::Columns::parse(&views.as_one(&value_parameter::CONTRACT)?)?;
        let names = rows.model.iter().flatten().zip(rows.parameter.iter().flatten());
        let estimates = names
            .zip(rows.estimate.values())
            .map(|((model, parameter), &estimate)| {
                ((model.to_owned(), parameter.to_owned()), estimate)
            })
            .collect();
        let models = value_model::Columns::parse(&views.as_one(&value_model::CONTRACT)?)?;
        let names = models.model.iter().flatten().zip(models.is_chosen.iter().flatten());
        let chosen = names.filter(|row| row.1).find_map(|(name, _)| kind_of(name));
        Ok(Self { estimates, chosen })
    }

    /// The model of purchases that was published.
    pub(super) fn chosen(&self) -> Option<ModelKind> {
        self.chosen
    }

    /// The start of a model of purchases, when all its parameters are there and possible.
    pub(super) fn start(&self, kind: ModelKind) -> Option<Vec<f64>> {
        self.of(code(kind), &parameter_names(kind))
    }

    /// The estimates of these parameters, when all are there and positive.
    pub(super) fn of(&self, model: &str, parameters: &[&str]) -> Option<Vec<f64>> {
        parameters
            .iter()
            .map(|parameter| {
                let estimate = self.estimates.get(&(model.to_owned(), (*parameter).to_owned()));
                estimate.copied().filter(|estimate| estimate.is_finite() && *estimate > 0.0)
            })
            .collect()
    }
}
