# A device with pages in a network with another host, on which avahi browses:
# found.sh FOLDER AVAHI-DAEMON SONOFF-SIM
# Avahi says what it finds, and then asks for the name.
set -e
folder=$1 avahi=$2 device=$3

cat >"$folder/avahi.conf" <<END
[server]
host-name=laptop
use-ipv6=no
allow-interfaces=laptop
[publish]
publish-workstation=no
END
cat >"$folder/bus.conf" <<END
<busconfig><listen>unix:path=$folder/bus</listen><auth>EXTERNAL</auth><policy context="default"><allow own="*"/>
<allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>
END
cat >"$folder/laptop.sh" <<END
ip address add 10.99.0.2/24 dev laptop
ip link set lo up
ip link set laptop up
ip route add 224.0.0.0/4 dev laptop
"$avahi" --no-drop-root --no-chroot --no-rlimits -f "$folder/avahi.conf" 2>/dev/null &
until avahi-resolve -4 -n laptop.local >/dev/null 2>&1; do :; done
avahi-browse -rp _http._tcp | while IFS=';' read -r event _ _ name _ _ host address port _; do
    [ "\$event" = = ] || continue
    echo "found \$name at \$host \$address \$port"
    echo "resolved \$(avahi-resolve -4 -n "\$host")"
done
END
ip link set lo up
mount -t tmpfs none /run
ip netns add laptop
ip link add house type veth peer name laptop netns laptop
dbus-daemon --config-file="$folder/bus.conf" --fork
export DBUS_SYSTEM_BUS_ADDRESS="unix:path=$folder/bus"
ip netns exec laptop sh "$folder/laptop.sh" &
ip address add 10.99.0.1/24 dev house
ip link set house up
ip route add 224.0.0.0/4 dev house
exec "$device" --http 10.99.0.1:8080
