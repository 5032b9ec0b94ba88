# ---- start ------------------------------------------------------------------------------------

organization='' store='' epoch='' engine='' take_over='' login='' driver='' base='' service='' step='' version=''
configuration='' from_base='' from_driver='' user='' probe='' size=0 sha256='' kind='' lines='' act='' at_boot='' locked='' anew='' l_step='' token=''
min_healthy_ms=0 healthy_deadline_ms=300000 confirm_ms=60000 wait_ms='' timeout_ms=''
keep=5 cache_max=2000000000 artifact_max=4000000000 url='' image=''
why='' mark='' m_step='' final='' line='' ident='' reported='' told=''

verb=${1-}
is_one_of "$verb" observe verify inspect install claim stage upload switch withdraw confirm hook log job hook_job watch recover supervise leave rejoin depart ||
    die 64 "knows no verb of that name"
shift
for argument in "$@"; do
    take_argument "$argument"
done
"do_$verb"
exit 0
