using System.Collections;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MetaService.Json;
using MetaService.Records.Cloud;

namespace MetaService.ApiTests.Canary;

/// <summary>Requests with a canary in every text, and ways to spoil them.</summary>
/// <param name="instanceId">The instance to name; null for one that does not exist, itself a canary.</param>
public sealed partial class CanaryBodies(CanaryBook book, string? instanceId)
{
    private const int Depth = 4;

    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true));

    /// <summary>A message with a canary in each text and in each list and map, however deep inside.</summary>
    public IMessage Fill(IMessage message, string place)
    {
        Fill(message, place, Depth);
        return message;
    }

    /// <summary>The same with fields that no version knows yet, in the message and in those in it.</summary>
    public byte[] WithUnknownFields(IMessage message, string place)
    {
        const int Unknown = 19000 - 1;
        using var memory = new MemoryStream();
        using (var output = new CodedOutputStream(memory, leaveOpen: true))
        {
            message.WriteTo(output);
            output.WriteTag(Unknown, WireFormat.WireType.LengthDelimited);
            output.WriteString(book.New(CanaryKind.UnknownField, place));
        }

        return memory.ToArray();
    }

    /// <summary>JSON of a message with fields that do not exist in each object.</summary>
    public string Json(IMessage message, string place) => ObjectStart().Replace(
        Formatter.Format(message),
        match => $$"""{ "no_such_field": "{{book.New(CanaryKind.Pasted, place)}}",""" + match.Value[1..]);

    /// <summary>The JSON of a filled message with a number for each ak and sk, which is taken as its text.</summary>
    public string WithNumbers(Func<IMessage> message, string place) => Secret().Replace(
        Json(Fill(message(), place), place), match => match.Groups[1].Value + book.NewNumber(CanaryKind.Secret, place));

    /// <summary>The JSON of a filled message in all forms that are refused, or that something gets out of which was not meant.</summary>
    public IEnumerable<string> Spoiled(Func<IMessage> message, string place)
    {
        string Body() => Json(Fill(message(), place), place);
        string Pasted() => book.New(CanaryKind.Pasted, place);

        // Only what cannot be read as a whole: of what can be, some of the canaries in it are names that are kept.
        yield return Body()[..^1];
        yield return Body() + Pasted();
        yield return Body() + $$"""{"ak": "{{Pasted()}}"}""";
        yield return Secret().Replace(Body(), match => match.Groups[1].Value + Pasted());
        yield return Secret().Replace(Body(), match => $"{match.Groups[1].Value}'{Pasted()}'");
        yield return Secret().Replace(Body(), match => $"{match.Groups[1].Value}[\"{Pasted()}\"]");
        yield return Secret().Replace(Body(), match => $$"""{{match.Groups[1].Value}}{"ak": "{{Pasted()}}"}""");
        yield return Secret().Replace(Body(), match => $"{match.Groups[1].Value}\"{Pasted()}\\ud800\"");
        yield return Secret().Replace(Body(), match => $"{match.Groups[1].Value}\"{Pasted()}\n\"");
        yield return NotText().Replace(Body(), match => $"{match.Groups[1].Value}\"{Pasted()}\"");
        yield return $"[{Body()}]";
        yield return $"\"{Pasted()}\"";
        yield return Pasted();
        yield return $$"""{"{{Pasted()}}": "{{Pasted()}}", {{Pasted()}} }""";
        yield return string.Concat(Enumerable.Repeat("{\"ak\":", 70)) + $"\"{Pasted()}\"" + new string('}', 70);
        yield return $"{{\"ak\": \"{Pasted()}\", \"ak\": {{}} }}";
    }

    private void Fill(IMessage message, string place, int depth)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.IsMap)
            {
                FillMap((IDictionary)field.Accessor.GetValue(message), field, place, depth);
            }
            else if (field.IsRepeated)
            {
                var list = (IList)field.Accessor.GetValue(message);
                foreach (var value in SecretFields.IsNamedValue(field) ? Pairs(field, place) : Single(field, place, depth))
                {
                    list.Add(value);
                }
            }
            else if (field.ContainingOneof is null or { IsSynthetic: true } || field.ContainingOneof.Fields[0] == field)
            {
                if (Value(field, place, depth) is { } value)
                {
                    field.Accessor.SetValue(message, value);
                }
            }
        }
    }

    private IEnumerable<object> Single(FieldDescriptor field, string place, int depth) =>
        Value(field, place, depth) is { } value ? [value] : [];

    private object? Value(FieldDescriptor field, string place, int depth) => field.FieldType switch
    {
        FieldType.String => Text(field, place),
        FieldType.Bytes => ByteString.CopyFromUtf8(Text(field, place)),
        FieldType.Message when depth > 0 => Nested(field.MessageType, place, depth),
        _ => null,
    };

    private IMessage Nested(MessageDescriptor type, string place, int depth)
    {
        var message = (IMessage)Activator.CreateInstance(type.ClrType)!;
        Fill(message, place, depth - 1);
        return message;
    }

    private string Text(FieldDescriptor field, string place)
    {
        var at = $"{place} {field.FullName}";
        return field.Name switch
        {
            "instance_id" => InstanceId(at),
            "cloud_unique_id" => $"1:{InstanceId(at)}:{book.New(CanaryKind.Name, at)}",
            _ => book.New(KindOf(field), at),
        };
    }

    private string InstanceId(string place) => instanceId ?? book.New(CanaryKind.InstanceId, place);

    private static CanaryKind KindOf(FieldDescriptor field)
    {
        var type = field.ContainingType.ClrType;
        var isPair = typeof(IAccessKeyPair).IsAssignableFrom(type) || type == typeof(AlterIamRequest);
        return field.Name is "ak" or "sk" && isPair ? CanaryKind.Secret
            : SecretFields.IsSecret(field) ? CanaryKind.Conf
            : CanaryKind.Name;
    }

    private IEnumerable<object> Pairs(FieldDescriptor field, string place)
    {
        foreach (var (name, value) in NamedValues($"{place} {field.FullName}"))
        {
            var pair = (IMessage)Activator.CreateInstance(field.MessageType.ClrType)!;
            pair.Descriptor.FindFieldByNumber(1).Accessor.SetValue(pair, name);
            pair.Descriptor.FindFieldByNumber(2).Accessor.SetValue(pair, value);
            yield return pair;
        }
    }

    private (string Name, string Value)[] NamedValues(string place) =>
    [
        ("dfs.password", book.New(CanaryKind.Conf, place)),
        ("fs.s3a.secret.key", book.New(CanaryKind.Conf, place)),
        ("fs.user", book.New(CanaryKind.Name, place)),
    ];

    private void FillMap(IDictionary map, FieldDescriptor field, string place, int depth)
    {
        if (SecretFields.IsNamedValue(field))
        {
            foreach (var (name, value) in NamedValues($"{place} {field.FullName}"))
            {
                map[name] = value;
            }
        }
        else if (field.MessageType.FindFieldByNumber(2) is { FieldType: FieldType.Message } nested &&
            field.MessageType.FindFieldByNumber(1).FieldType == FieldType.String && depth > 0)
        {
            map[book.New(CanaryKind.Name, place)] = Nested(nested.MessageType, place, depth);
        }
    }

    // An object with something in it.
    [GeneratedRegex("\\{(?= \")")]
    private static partial Regex ObjectStart();

    // A secret, or whatever text comes first where there is none.
    [GeneratedRegex("(\"(?:ak|sk|no_such_field|password)\": )\"[^\"]*\"")]
    private static partial Regex Secret();

    // Each value in the place of which no text can stand.
    [GeneratedRegex("(\"[a-z_]+\": )(?:[0-9]+|true|false|\\{ \"no_such_field\": \"[^\"]*\",|\\[)")]
    private static partial Regex NotText();
}
