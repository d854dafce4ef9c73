//! What people say to the shop and of it: calls, visits, answers to surveys, posts.

use super::calendar::DAYS;
use super::person::Person;
use super::purchase::Fate;
use super::record::Records;
use crate::draw::Draw;

/// Kinds of interaction: kind, channel, direction, mean number a person in two years.
const KINDS: [(&str, &str, &str, f64); 5] = [
    ("visit", "web", "in", 0.14),
    ("click", "email", "in", 0.09),
    ("call", "phone", "in", 0.05),
    ("complaint", "phone", "in", 0.03),
    ("call", "phone", "out", 0.03),
];

/// One contact other than a sale.
#[derive(Debug, Clone)]
pub(super) struct Interaction {
    pub(super) key: String,
    pub(super) day: i32,
    pub(super) minute: u32,
    pub(super) kind: &'static str,
    pub(super) channel: &'static str,
    pub(super) direction: &'static str,
}

/// One answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) person: usize,
    pub(super) email: String,
    pub(super) day: i32,
    pub(super) kind: &'static str,
    pub(super) score: i32,
}

/// One post of a person with a known handle.
#[derive(Debug, Clone)]
pub(super) struct Post {
    pub(super) person: usize,
    pub(super) platform: &'static str,
    pub(super) author: String,
    pub(super) day: i32,
    pub(super) reach: i32,
    pub(super) likes: i32,
    pub(super) replies: i32,
    pub(super) shares: i32,
    pub(super) mentions: bool,
    /// Sentiment in hundredths, from -100 to 100.
    pub(super) sentiment: i32,
}

/// All of it, each in order of day.
#[derive(Debug, Default)]
pub(super) struct Voices {
    pub(super) interactions: Vec<Interaction>,
    pub(super) answers: Vec<Answer>,
    pub(super) posts: Vec<Post>,
}

/// Lets people speak, from the day they are known.
pub(super) fn voices(seed: u64, people: &[Person], records: &Records, fates: &[Fate]) -> Voices {
    let mut draw = Draw::new(seed, "voice");
    let mut voices = Voices::default();
    for (index, ((person, known), fate)) in people.iter().zip(&records.known).zip(fates).enumerate()
    {
        let since = person.since.max(0);
        // Who is lost falls silent.
        let until = if fate.is_alive || person.is_prospect { DAYS - 1 } else { fate.last_day };
        if let Some(key) = known.key() {
            for (kind, channel, direction, mean) in KINDS {
                let mean =
                    if kind == "complaint" { mean * (-person.mood).exp().min(4.0) } else { mean };
                for _ in 0..draw.poisson(mean) {
                    voices.interactions.push(Interaction {
                        key: key.to_owned(),
                        day: draw.whole(since, until),
                        minute: draw.whole(8 * 60, 22 * 60) as u32,
                        kind,
                        channel,
                        direction,
                    });
                }
            }
        }
        if known.by_email && !person.is_prospect && draw.chance(0.3) {
            let kind = draw.pick(&["nps", "nps", "nps", "nps", "csat", "ces"]);
            let score = if kind == "nps" {
                7.9 + 1.6 * person.mood + draw.normal()
            } else {
                3.8 + 0.8 * person.mood + 0.5 * draw.normal()
            };
            let (low, high) = if kind == "nps" { (0.0, 10.0) } else { (1.0, 5.0) };
            voices.answers.push(Answer {
                person: index,
                email: person.email.clone(),
                day: draw.whole(since, until),
                kind,
                score: score.round().clamp(low, high) as i32,
            });
        }
        let handle = person.handle.as_ref().filter(|_| known.account.is_some());
        for _ in 0..handle.map_or(0, |_| draw.poisson(0.8)) {
            let Some(handle) = handle else { break };
            let reach = (40.0 * (1.4 * draw.normal()).exp()) as i32 + 5;
            let likes = (f64::from(reach) * draw.beta(1.0, 15.0)) as i32;
            let sentiment = (40.0 * person.mood + 30.0 * draw.normal()).clamp(-100.0, 100.0);
            voices.posts.push(Post {
                person: index,
                platform: handle.platform,
                author: handle.name.clone(),
                day: draw.whole(since, until),
                reach,
                likes,
                replies: draw.poisson(f64::from(likes) * 0.1) as i32,
                shares: draw.poisson(f64::from(likes) * 0.05) as i32,
                mentions: draw.chance(0.8),
                sentiment: sentiment.round() as i32,
            });
        }
    }
    voices.interactions.sort_by(|a, b| (a.day, a.minute, &a.key).cmp(&(b.day, b.minute, &b.key)));
    voices.answers.sort_by(|a, b| (a.day, &a.email).cmp(&(b.day, &b.email)));
    voices.posts.sort_by(|a, b| (a.day, &a.author).cmp(&(b.day, &b.author)));
    voices
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::business::calendar::Season;
    use crate::business::{catalogue, person, purchase, record};

    #[test]
    fn answers_are_on_their_scales_and_content_people_give_more() {
        let season = Season::new();
        let people = person::people(4, 3000, 15_000.0, &season);
        let records = record::records(4, &people);
        let products = catalogue::products();
        let sales = purchase::sales(4, &people, &records, &products, &season, 0);
        let voices = voices(4, &people, &records, &sales.fates);

        let mean = |is_content: bool| {
            let scores: Vec<f64> = voices
                .answers
                .iter()
                .filter(|answer| answer.kind == "nps")
                .filter(|answer| (people[answer.person].mood > 0.0) == is_content)
                .map(|answer| f64::from(answer.score))
                .collect();
            scores.iter().sum::<f64>() / scores.len() as f64
        };
        assert!(mean(true) > mean(false) + 1.0);
        for answer in &voices.answers {
            let top = if answer.kind == "nps" { 10 } else { 5 };
            assert!((0..=top).contains(&answer.score) && (0..DAYS).contains(&answer.day));
        }
        assert!(voices.posts.iter().all(|post| post.sentiment.abs() <= 100));
        assert!(voices.interactions.len() > 400);
    }
}
