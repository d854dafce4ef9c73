use super::*;

const AS_OF: i32 = 1000;

fn run(investment: InvestmentSettings, views: &Tables) -> Tables {
    let context = RunContext { logical_date: AS_OF, seed: 1, currency: "EUR".to_owned() };
    Conversation::new(investment).run(&context, views).expect("runs")
}

fn bare() -> Tables {
    Tables::default()
        .with(&activity_count::CONTRACT, vec![])
        .with(&content_count::CONTRACT, vec![])
        .with(&advocacy_candidate::CONTRACT, vec![])
}

fn fed() -> Tables {
    let acts = activity_count::Columns {
        kind: vec!["survey", "post", "post"].into(),
        channel: vec!["nps", "forum", "forum"].into(),
        weeks_ago: vec![0, 0, 3].into(),
        n_acts: vec![2, 9, 4].into(),
        n_parties: vec![2, 5, 1].into(),
    };
    let posts = content_count::Columns {
        platform: vec!["video", "forum", "mail list"].into(),
        n_posts: vec![40, 10, 7].into(),
        n_told: vec![38, 10, 0].into(),
        weighted_answers: vec![900, 600, 0].into(),
        reach: vec![30_000, 10_000, 0].into(),
    };
    let candidates = advocacy_candidate::Columns {
        customer_id: vec![9, 4, 7].into(),
        participation: vec![Some(0.5), Some(0.25), Some(0.9)].into(),
        reach: vec![Some(1000), Some(4000), None].into(),
    };
    Tables::default()
        .with(&activity_count::CONTRACT, vec![acts.into_batch().expect("keeps its contract")])
        .with(&content_count::CONTRACT, vec![posts.into_batch().expect("keeps its contract")])
        .with(
            &advocacy_candidate::CONTRACT,
            vec![candidates.into_batch().expect("keeps its contract")],
        )
}

#[test]
fn acts_are_mapped_by_week_and_what_no_feed_tells_says_so() {
    let written = run(InvestmentSettings::default(), &fed());
    let batch = written.batch(&activity_week::CONTRACT).expect("is written");
    let found = activity_week::Columns::parse(&batch).expect("keeps its contract");
    let rows: Vec<(&str, &str, i32, bool)> = (0..found.kind.len())
        .map(|row| {
            let is_known = found.n_acts.is_valid(row);
            assert_eq!(is_known, found.reason.is_null(row));
            let week = found.week_ends_on.value(row);
            (found.kind.value(row), found.channel.value(row), week, is_known)
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("interaction_in", "(none)", 1000, false),
            ("interaction_out", "(none)", 1000, false),
            ("post", "forum", 979, true),
            ("post", "forum", 1000, true),
            ("response", "(none)", 1000, false),
            ("survey", "nps", 1000, true),
        ]
    );
}

#[test]
fn engagement_is_shrunk_and_ranked_by_platform() {
    let written = run(InvestmentSettings::default(), &fed());
    let batch = written.batch(&content_engagement::CONTRACT).expect("is written");
    let found = content_engagement::Columns::parse(&batch).expect("keeps its contract");
    let names: Vec<(&str, &str)> = (0..found.value.len())
        .map(|row| (found.dimension.value(row), found.value.value(row)))
        .collect();
    let platform = |name| ("platform", name);
    let expected = [
        ("format", "(none)"),
        platform("forum"),
        platform("mail list"),
        platform("video"),
        ("topic", "(none)"),
    ];
    assert_eq!(names, expected);
    // 600 of 10,000 and 900 of 30,000 people; of all 1,500 of 40,000.
    assert!((found.engagement_rate.value(1) - 0.06).abs() < 1e-12);
    assert!((found.engagement_rate.value(3) - 0.03).abs() < 1e-12);
    let (forum, video) =
        (found.shrunk_engagement_rate.value(1), found.shrunk_engagement_rate.value(3));
    assert!(0.0375 < forum && forum < 0.06 && 0.03 < video && video < 0.0375, "{forum} {video}");
    assert_eq!((found.rank.value(1), found.rank.value(3)), (1, 2));
    assert_eq!(found.reason.value(2), "no_reach");
    assert_eq!(found.reason.value(0), "not_told_by_feed");
}

#[test]
fn an_advocate_is_worth_whom_it_reaches() {
    let settings = InvestmentSettings {
        conversions_per_reach: Some(0.002),
        conversion_margin: Some(25.0),
        activation_cost: Some(10.0),
    };
    let returns = |settings: &InvestmentSettings| {
        let written = run(settings.clone(), &fed());
        let batch = written.batch(&advocacy_return::CONTRACT).expect("is written");
        advocacy_return::Columns::parse(&batch).expect("keeps its contract")
    };
    let found = returns(&settings);
    assert_eq!(found.customer_id.values(), &[4, 7, 9]);
    // 4000 · 0.25 · 0.002 · 25 = 50, five times the cost.
    assert_eq!((found.expected_reach.value(0), found.rank.value(0)), (1000.0, 1));
    assert!((found.expected_margin.value(0) - 50.0).abs() < 1e-9);
    assert!((found.return_on_cost.value(0) - 5.0).abs() < 1e-9);
    assert!(found.expected_reach.is_null(1) && found.rank.is_null(1));
    assert_eq!(found.reason.value(1), "no_reach");
    assert_eq!(found.rank.value(2), 2);
    let found = returns(&InvestmentSettings::default());
    assert!(found.return_on_cost.is_null(0) && found.rank.value(0) == 1);
    assert_eq!(found.reason.value(0), "no_assumptions");
}

#[test]
fn without_feeds_nothing_is_0() {
    let written = run(InvestmentSettings::default(), &bare());
    assert_eq!(written.rows(&activity_week::CONTRACT), KINDS.len());
    assert_eq!(written.rows(&advocacy_return::CONTRACT), 0);
    let batch = written.batch(&content_engagement::CONTRACT).expect("is written");
    let found = content_engagement::Columns::parse(&batch).expect("keeps its contract");
    assert_eq!(found.dimension.len(), 3);
    assert_eq!(found.n_posts.null_count(), 3);
    assert!(found.reason.iter().all(|reason| reason == Some("no_social_feed")));
}
