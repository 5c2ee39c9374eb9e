// Polars: events as a frame in memory, in the order of patient and time, codes as categories, all cores. It has no rows to find
// by patient and nothing to commit to: it answers the questions over everyone.
//
//   node polars_store.mjs serve EVENTS.parquet PEOPLE.parquet LIST.csv
import pl from 'nodejs-polars';
import {rows_of_csv, serve} from './serve.mjs';

const [verb, events_path, people_path, list_path] = process.argv.slice(2);
if (verb !== 'serve' || !list_path) {
  console.error('usage: polars_store.mjs serve EVENTS.parquet PEOPLE.parquet LIST.csv');
  process.exit(2);
}
const events = pl.readParquet(events_path).withColumns(pl.col('code').cast(pl.Categorical));
const people = pl.readParquet(people_path);
const thousand = pl.DataFrame({code: rows_of_csv(list_path).map(code => 'icd10|' + code)}).withColumns(pl.col('code').cast(pl.Categorical));
const {col, lit} = pl;

const of = code => events.lazy().filter(col('code').eq(lit(code)));
const patients_of = code => of(code).select('patient').unique();
const count = frame => frame.select(pl.len().alias('n'));
const rows = frame => frame.collectSync().rows().map(row => row.map(String));
const first_day = code => of(code).groupBy('patient').agg(col('day').min().alias('day'));
// Rows are in the order of time within each patient.
const last_value = frame => frame.groupBy('patient').agg(col('value').last());
const day_of = (year, month, day) => Date.UTC(year, month - 1, day) / 86_400_000;
const ymd = date => date.dt.year().cast(pl.Int32).mul(lit(10_000)).plus(date.dt.month().cast(pl.Int32).mul(lit(100))).plus(date.dt.day().cast(pl.Int32));

const questions = {
  code_count: () => rows(of('icd10|E11.9').select(col('patient').nUnique())),
  rare_code: () => rows(of('icd10|S09.5').select(col('patient').nUnique())),
  code_list: () => rows(events.lazy().join(thousand.lazy(), {on: 'code', how: 'semi'}).select(col('patient').nUnique())),
  code_age_sex_date: () => rows(
    of('loinc|8480-6').filter(col('value').gt(150).and(col('day').gtEq(day_of(2015, 1, 1))).and(col('day').lt(day_of(2020, 1, 1))))
      .join(people.lazy().filter(col('sex').eq(lit('female'))), {on: 'patient'})
      .withColumns(ymd(col('time')).minus(ymd(col('birth'))).alias('age'))  // 400,000 and more: 40 years
      .filter(col('age').gtEq(400_000).and(col('age').lt(600_000)))
      .groupBy(col('time').dt.year().alias('year')).agg(col('patient').nUnique())),
  care_gap: () => rows(count(
    first_day('icd10|E11.9').join(
      first_day('icd10|E11.9').join(of('loinc|59261-8').select(col('patient'), col('day').alias('test')), {on: 'patient'})
        .filter(col('test').gtEq(col('day')).and(col('test').ltEq(col('day').plus(365)))).select('patient').unique(),
      {on: 'patient', how: 'anti'}))),
  sequence: () => rows(
    of('icd10|I10').select(col('patient'), col('day').alias('a'))
      .join(of('loinc|8480-6').filter(col('value').gt(150)).select(col('patient'), col('day').alias('b')), {on: 'patient'})
      .filter(col('b').gtEq(col('a')).and(col('b').ltEq(col('a').plus(365))))
      .join(of('atc|C08CA01').select(col('patient'), col('day').alias('c')), {on: 'patient'})
      .filter(col('c').gtEq(col('b')).and(col('c').ltEq(col('b').plus(365))))
      .select(col('patient').nUnique())),
  last_value: () => last_value(of('loinc|59261-8').filter(col('day').gtEq(day_of(2023, 1, 1)).and(col('day').lt(day_of(2024, 1, 1)))))
    .filter(col('value').gt(58)).join(people.lazy(), {on: 'patient'})
    .groupBy(['sex', lit(20231231).minus(ymd(col('birth'))).div(lit(100_000)).floor().cast(pl.Int32).alias('decade')]).agg(pl.len().alias('n'))
    .collectSync().rows().map(([sex, decade, n]) => [sex, `${decade * 10}-${decade * 10 + 9}`, String(n)]),
  monthly: () => rows(of('loinc|8480-6').groupBy(col('time').dt.strftime('%Y-%m').alias('month')).agg(pl.len().alias('n'))),
  patients_by_code: () => rows(events.lazy().groupBy('code').agg(col('patient').nUnique())),
  incidence: () => rows(of('icd10|E11.9').groupBy('patient').agg(col('time').min()).groupBy(col('time').dt.year().alias('year')).agg(pl.len().alias('n'))),
  any_value: () => rows(events.lazy().filter(col('value').gt(350)).select(col('patient').nUnique())),
  any_year: () => rows(events.lazy().filter(col('value').gt(100)).groupBy(col('time').dt.year().alias('year')).agg(pl.len().alias('n'))),
  ten_cohorts: () => {
    const dm = patients_of('icd10|E11.9').collectSync().lazy(), bp = patients_of('icd10|I10').collectSync().lazy();
    const a1c = last_value(of('loinc|59261-8')).collectSync().lazy(), sys = last_value(of('loinc|8480-6')).collectSync().lazy();
    const both = (a, b) => a.join(b, {on: 'patient', how: 'semi'}), without = (a, b) => a.join(b, {on: 'patient', how: 'anti'});
    return [dm, bp, both(dm, bp), both(dm, a1c.filter(col('value').gt(58))), without(dm, a1c), both(dm, patients_of('atc|A10BA02')),
            both(bp, sys.filter(col('value').gt(150))), without(bp, sys), both(bp, patients_of('atc|C08CA01')), both(both(dm, bp), patients_of('atc|C10AA05'))]
      .map((cohort, i) => [String(i + 1), rows(count(cohort))[0][0]]);
  },
};

await serve({question: async name => ({rows: questions[name]()})});
