# A network of its own for a device that is an access point, and one for a phone that joins it:
# set_up.sh FOLDER BUSYBOX CURL SONOFF-SIM
# Each line into FOLDER/phone is carried out by the phone, which then says "phone: " and how that ended.
set -e
folder=$1 busybox=$2 device=$4

ip link set lo up
mount -t tmpfs none /run
ip netns add phone
ip link add air type veth peer name wifi netns phone
ip address add 192.168.4.1/24 dev air
ip link set air up
ip route add 255.255.255.255 dev air
ip netns exec phone ip link set lo up
ip netns exec phone ip link set wifi up

# What the lease says is done: the address, the way out, the name server.
cat >"$folder/lease" <<END
#!/bin/sh
[ "\$1" = bound ] || exit 0
ip address add "\$ip/\$mask" dev "\$interface"
ip route add default via "\$router"
echo "nameserver \$dns" >"$folder/resolv.conf"
echo "phone: lease of \$lease s from \$serverid: \$ip mask \$subnet by \$router names \$dns"
END
chmod +x "$folder/lease"
: >"$folder/resolv.conf"
mount --bind "$folder/resolv.conf" /etc/resolv.conf
mkfifo "$folder/phone"
(
    while :; do
        while read -r line; do
            ip netns exec phone sh -c "$line" || true
            echo "phone: done"
        done <"$folder/phone"
    done
) &
exec "$device" --set-up --http 0 --listen 127.0.0.1:0
