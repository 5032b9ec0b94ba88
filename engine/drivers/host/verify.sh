# ---- releases as they were unpacked, and as they are -----------------------------------------------

files_of() { # FOLDER: a line for each content, mode and link in it, sorted; nothing if it cannot be had
    command -v sort >/dev/null || return 0
    (
        cd -P -- "$1" || exit 0
        {
            find . -type f ! -path './.interlock-*' -exec sha256sum -- '{}' +
            find . -type f ! -path './.interlock-*' -exec stat -c '%f %n' -- '{}' +
            find . -type l -exec sh -c 'for l; do printf "%s -> %s\n" "$l" "$(readlink "$l")"; done' sh '{}' +
        } 2>/dev/null | sort
    )
}

tree_of() { # FOLDER: a digest of all that; "" if it cannot be had
    command -v sort >/dev/null || return 0
    files_of "$1" | sha256sum | cut -d ' ' -f 1
}

altered() { # FOLDER: in $altered the names that are not as they were unpacked. What was added is the service's
    altered=
    [ -s "$1/.interlock-files" ] && command -v sort >/dev/null || return 0
    names=$(files_of "$1" | grep -vxFf - "$1/.interlock-files" |
        sed -e 's/^\\*[0-9a-f]\{64\}  //' -e 's|^[0-9a-f]* \./|./|' -e 's/ -> .*//' -e 's|^\./||' | sort -u)
    [ "$names" ] || return 0
    count=$(printf '%s\n' "$names" | wc -l)
    altered=$(printf '%s\n' "$names" | head -n 3 | tr '\n' ' ' | head -c 200)
    altered=${altered% }
    [ "$count" -le 3 ] || altered="$altered and $((count - 3)) more"
}

do_verify() { # reads every file of what is current, so it is asked seldom, and takes its time
    need organization
    renice -n 15 -p $$ >/dev/null 2>&1
    specs=$(head -c 4000000)
    while IFS=$TAB read -r key value; do
        case $key in
        service | base) take_argument "$key=$value" ;;
        end)
            need service base
            locate
            current_release
            [ "$from" != - ] || continue
            altered "$dir/releases/$from" </dev/null
            say service "$service"
            say release "$from"
            say altered "$altered"
            ;;
        esac
    done <<X
$specs
X
}

# What runs under the right name with other content is replaced so that `current` leads to a whole release
# at every instant: to the good one under another name, while its place is cleared.

replace_running() { # under lock_base: $work/release takes the place of what is current; that is kept as .foreign.VERSION
    good=releases/.good.$version
    rm -rf -- "${dir:?}/$good"
    mv -f -- "$work/release" "$dir/$good" 2>/dev/null && link_to "$dir/current" "$good" && finish_replacing ||
        refuse "cannot put the content of release $version in the place of what runs in $dir (is the disk full?)"
}

finish_replacing() { # under lock_base: what a kill may have left half way comes to its end
    good=$(readlink "$dir/current" 2>/dev/null)
    case $good in releases/.good.?*) ;; *) return 0 ;; esac
    name=${good#releases/.good.}
    place=$dir/releases/$name
    new=$dir/releases/.new.good
    rm -rf -- "$new"
    cp -al -- "$dir/$good" "$new" 2>/dev/null || {
        rm -rf -- "$new"
        cp -a -- "$dir/$good" "$new" 2>/dev/null || cp -pR -- "$dir/$good" "$new" 2>/dev/null || return 1
    }
    flush "$new/.interlock-release"
    if [ -e "$place" ]; then
        find "$dir/releases" -mindepth 1 -maxdepth 1 -name '.foreign.*' -exec rm -rf -- '{}' +
        mv -f -- "$place" "$dir/releases/.foreign.$name" || return 1
    fi
    mv -f -- "$new" "$place" && link_to "$dir/current" "releases/$name" || return 1
    flush "$dir/releases" "$dir"
    rm -rf -- "${dir:?}/$good"
}
