using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace MetaService.Json;

/// <summary>
/// Which fields hold secrets, and copies of messages without them: for logs, error messages and replies that must not show keys.
/// </summary>
/// <remarks>
/// Access keys count as secret like the secret keys that belong to them. The key id of a key management service and the path of a
/// Kerberos keytab open nothing by themselves, but they show where to look, so they are hidden too. Values in lists of names and
/// values (hdfs_confs, properties) are secret when their name says so. An <c>external_id</c> and a <c>role_arn</c> are no secrets.
/// </remarks>
public static class SecretFields
{
    /// <summary>What stands in the place of a secret.</summary>
    public const string Mask = "******";

    private static readonly FrozenSet<string> FullNames = new[]
    {
        "doris.cloud.ObjectStoreInfoPB.ak",
        "doris.cloud.ObjectStoreInfoPB.sk",
        "doris.cloud.RamUserPB.ak",
        "doris.cloud.RamUserPB.sk",
        "doris.cloud.AlterIamRequest.ak",
        "doris.cloud.AlterIamRequest.sk",
        "doris.cloud.EncryptionKeyInfoPB.Item.key",
        "doris.cloud.EncryptionKeyInfoPB.KMSInfo.cmk",
        "doris.cloud.HdfsBuildConf.hdfs_kerberos_keytab",
        "doris.S3StorageParamPB.s3_ak",
        "doris.S3StorageParamPB.s3_sk",
        "doris.EncryptionKeyPB.plaintext",
    }.ToFrozenSet();

    // Messages that are a name and a value.
    private static readonly FrozenSet<string> PairTypes = new[] { "doris.cloud.HdfsBuildConf.HdfsConfKVPair" }.ToFrozenSet();

    private static readonly string[] SecretWords =
        ["secret", "password", "passwd", "token", "keytab", "credential", "access_key", "access.key", "accesskey", "private_key"];

    private static readonly string[] SecretNames = ["ak", "sk"];

    private static readonly ConcurrentDictionary<MessageDescriptor, bool> Reaching = new();

    /// <summary>Whether every value of the field is a secret.</summary>
    public static bool IsSecret(FieldDescriptor field) => FullNames.Contains(field.FullName);

    /// <summary>
    /// Whether the field holds names (field 1) and values (field 2), of which the name tells whether the value is a secret.
    /// </summary>
    public static bool IsNamedValue(FieldDescriptor field) =>
        IsTextMap(field) || (field.FieldType == FieldType.Message && PairTypes.Contains(field.MessageType.FullName));

    /// <summary>Whether the name of a configuration value tells that the value is a secret, as in <c>fs.s3a.secret.key</c>.</summary>
    public static bool IsSecretName(string name)
    {
        var lastWord = name[(name.LastIndexOfAny(['.', '_', '-']) + 1)..];
        return SecretNames.Contains(lastWord, StringComparer.OrdinalIgnoreCase)
            || SecretWords.Any(word => name.Replace('-', '_').Contains(word, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether messages of a type can hold secrets, however deep inside.</summary>
    public static bool MayHold(MessageDescriptor type) => MayReachSecrets(type);

    /// <summary>
    /// A deep copy without secrets that can be sent as bytes: masked, and without the fields that this version does not know, of
    /// which it cannot tell whether they are secrets.
    /// </summary>
    public static TMessage MaskedForSending<TMessage>(TMessage message)
        where TMessage : class, IMessage<TMessage>, new()
    {
        var parser = new MessageParser<TMessage>(() => new TMessage()).WithDiscardUnknownFields(true);
        var copy = parser.ParseFrom(message.ToByteArray());
        MaskIn(copy);
        return copy;
    }

    /// <summary>
    /// A deep copy with <see cref="Mask"/> in the place of every secret that is set and not empty. The copy keeps unknown fields:
    /// it is for printing (<see cref="ProtoJsonWriter"/> and <see cref="ProtoText"/> leave them out), not for sending as bytes.
    /// </summary>
    public static TMessage Masked<TMessage>(TMessage message)
        where TMessage : class, IMessage
    {
        var copy = (TMessage)MessagePlan.For(message.GetType()).Clone(message);
        MaskIn(copy);
        return copy;
    }

    private static void MaskIn(IMessage message)
    {
        if (!MayReachSecrets(message.Descriptor))
        {
            return;
        }

        if (PairTypes.Contains(message.Descriptor.FullName))
        {
            MaskPair(message);
            return;
        }

        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            var value = field.Accessor.GetValue(message);
            switch (value)
            {
                case string { Length: > 0 } when IsSecret(field):
                    field.Accessor.SetValue(message, Mask);
                    break;
                case ByteString { Length: > 0 } when IsSecret(field):
                    field.Accessor.SetValue(message, ByteString.CopyFromUtf8(Mask));
                    break;
                case IMessage nested:
                    MaskIn(nested);
                    break;
                case IDictionary<string, string> entries:
                    MaskEntries(entries);
                    break;
                case IDictionary entries:
                    MaskAll(entries.Values);
                    break;
                case IList elements:
                    MaskAll(elements);
                    break;
            }
        }
    }

    private static void MaskAll(IEnumerable values)
    {
        foreach (var message in values.OfType<IMessage>())
        {
            MaskIn(message);
        }
    }

    private static void MaskEntries(IDictionary<string, string> entries)
    {
        foreach (var (name, value) in entries.ToList())
        {
            if (value.Length == 0 || !IsSecretName(name))
            {
                continue;
            }

            entries[name] = Mask;
        }
    }

    private static void MaskPair(IMessage pair)
    {
        var name = (string)pair.Descriptor.FindFieldByName("key").Accessor.GetValue(pair);
        var value = pair.Descriptor.FindFieldByName("value").Accessor;
        if (IsSecretName(name) && ((string)value.GetValue(pair)).Length > 0)
        {
            value.SetValue(pair, Mask);
        }
    }

    private static bool MayReachSecrets(MessageDescriptor type) => Reaching.GetOrAdd(type, static type =>
    {
        var seen = new HashSet<MessageDescriptor>();
        var pending = new Stack<MessageDescriptor>([type]);
        while (pending.TryPop(out var next))
        {
            if (!seen.Add(next))
            {
                continue;
            }

            if (PairTypes.Contains(next.FullName))
            {
                return true;
            }

            foreach (var field in next.Fields.InDeclarationOrder())
            {
                if (IsSecret(field) || IsTextMap(field))
                {
                    return true;
                }

                if (field.FieldType == FieldType.Message)
                {
                    pending.Push(field.MessageType);
                }
            }
        }

        return false;
    });

    private static bool IsTextMap(FieldDescriptor field) =>
        field.IsMap && field.MessageType.FindFieldByNumber(2).FieldType == FieldType.String;
}
