"""What to do: policies, their training, their comparison and the plan.

The line of sub-packages, each of which may import those before it: `networks` (how observations
become actions), `policies.bandits` (what spending in order to learn brings), `policies` (what to
spend today), `training` (how a network is trained),
`pretraining` (how one is trained for every advertiser), `external` (how anybody's policy takes
part), `setup` (from a configuration to an experiment), `plans` (what is written into plan.json),
`plan_files` (in which files a plan leaves), `plan_page` (how it is shown), `scoring` (how good
another's plan is), `frontier` (what another budget would bring), `live` (what to set today),
`evaluation` (which policy is better, and how surely), `leaderboard` (who is best on the published
test markets), `worlds` (in which worlds that are not ours policies fly), `studies.latents` (what is
not known in flight, and what that costs), `studies` (whether any of it is to be believed),
`transfer` (what policies gain at advertisers that they were not made for). All of them build on
`policy` (the interface), `rollout` (values and percent of the clairvoyant) and `experiment` (what a
command works on).
"""
