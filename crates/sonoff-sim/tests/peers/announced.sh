# A network of its own for two brokers, the first of which avahi announces, and for a device that looks for one:
# announced.sh FOLDER AVAHI-DAEMON MOSQUITTO SONOFF-SIM
# A line into FOLDER/move: the first broker ends, and the second is announced instead.
set -e
folder=$1 avahi=$2 mosquitto=$3 device=$4

announce() {
    echo "<service-group><name>house</name><service><type>_mqtt._tcp</type><port>$1</port></service></service-group>" \
        >"$folder/services/house.service"
}

ip link set lo up
ip tuntap add house mode tap
ip address add 10.99.0.1/24 dev house
ip link set house up
ip route add 224.0.0.0/4 dev house
mkdir "$folder/services"
mount --bind "$folder/services" /etc/avahi/services
mount -t tmpfs none /run
announce 1884
cat >"$folder/avahi.conf" <<END
[server]
host-name=hub
use-ipv6=no
allow-interfaces=house
enable-dbus=no
[publish]
publish-workstation=no
END
for port in 1884 1885; do
    printf 'listener %s 10.99.0.1\nallow_anonymous true\n' $port >"$folder/$port.conf"
done
"$mosquitto" -c "$folder/1884.conf" 2>/dev/null &
first=$!
"$mosquitto" -c "$folder/1885.conf" 2>/dev/null &
"$avahi" --no-drop-root --no-chroot --no-rlimits -f "$folder/avahi.conf" 2>/dev/null &
announcer=$!
mkfifo "$folder/move"
(
    read -r _ <"$folder/move"
    announce 1885
    kill -HUP $announcer
    kill $first
) &
exec "$device" --search --topic lamp
