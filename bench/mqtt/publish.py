# Publishes so many messages as fast as it can, over one connection, and prints how many a second were taken.
import ssl, sys, time
import paho.mqtt.client as mqtt

host, port, folder, topic, payload, qos, count, window = sys.argv[1:9]
qos, count = int(qos), int(count)
# Debian 12 has Paho 1, where there is one way of callbacks.
ways = getattr(mqtt, "CallbackAPIVersion", None)
client = mqtt.Client(*([ways.VERSION2] if ways else []), client_id=f"paho-{time.time_ns()}", protocol=mqtt.MQTTv5)
client.tls_set(f"{folder}/rootCA.pem", f"{folder}/certificate.pem.crt", f"{folder}/private.pem.key", tls_version=ssl.PROTOCOL_TLS_CLIENT)
client.max_inflight_messages_set(int(window))
client.max_queued_messages_set(0)
done = 0
begin = 0.0


def sent(*_):
    global done
    done += 1
    if done == count:
        print(count / (time.monotonic() - begin))
        client.disconnect()


client.on_publish = sent
client.connect(host, int(port))
client.loop_start()
while not client.is_connected():
    time.sleep(0.01)
begin = time.monotonic()
for _ in range(count):
    client.publish(topic, payload, qos)
while done < count:
    time.sleep(0.01)
client.loop_stop()
