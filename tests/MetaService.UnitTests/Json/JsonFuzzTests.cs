using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MetaService.Json;
using MetaService.Records.Cloud;
using MetaService.TestKit.Json;

namespace MetaService.UnitTests.Json;

/// <summary>Damaged and hostile input gets the typed error or a message, and nothing of it comes back in an error.</summary>
public class JsonFuzzTests
{
    private const string Canary = "cAnArY";

    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\\udc00", "\\u0000", "null", "true",
        "1", "-", "1e999", "0.5", "/*", "//", "\uFEFF", "\n", " ", "\"nodes\":[", "\"clusters\":{", "\"properties\":{\"", "\"column_dict\":{\"1\":", "NaN", "\0", "😀",
    ];

    [Fact]
    public void Damaged_input_throws_nothing_but_the_typed_error_and_the_error_repeats_nothing()
    {
        const int Inputs = 120_000;
        var random = new Random(20240917);
        var bodies = Bodies(random).ToList();
        var refused = 0;
        for (var i = 0; i < Inputs; i++)
        {
            var (type, body) = bodies[random.Next(bodies.Count)];
            var damaged = Damage(body, random);
            try
            {
                ProtoJsonReader.Read(type, damaged);
            }
            catch (JsonRequestException e)
            {
                refused++;
                if (e.Message.Contains(Canary, StringComparison.Ordinal) || e.InnerException is not null)
                {
                    Assert.Fail($"the error tells too much: {e.Message}");
                }
            }
            catch (Exception e)
            {
                Assert.Fail($"{e.GetType()} for {type.Name} of {Convert.ToBase64String(damaged)}");
            }
        }

        refused.Should().BeInRange(Inputs / 4, Inputs - 1_000, "both outcomes must be well represented");
    }

    [Fact]
    public void No_field_of_any_type_repeats_a_wrong_value_in_its_error()
    {
        string[] wrongValues =
        [
            $"\"{Canary}\"", $"[\"{Canary}\"]", $"{{\"{Canary}\":\"{Canary}\"}}", $"[{{\"{Canary}\":[]}}, 77755777.5]", "77755777.5",
            $"\"{Canary}\" \"{Canary}\"", $"{{\"{Canary}\":[", $"{Canary}", $"\"{Canary}\\ud800\"", $"\"{Canary}\\x\"",
        ];
        var refused = 0;
        foreach (var field in RandomMessages.Types.SelectMany(type => type.Fields.InDeclarationOrder()))
        {
            foreach (var value in wrongValues)
            {
                try
                {
                    ProtoJsonReader.Read(field.ContainingType.ClrType, Encoding.UTF8.GetBytes($"{{\"{field.Name}\":{value}}}"));
                }
                catch (JsonRequestException e)
                {
                    refused++;
                    if (e.Message.Contains(Canary, StringComparison.Ordinal)
                        || e.Message.Contains("7775", StringComparison.Ordinal)
                        || e.InnerException is not null)
                    {
                        Assert.Fail($"{field.FullName}: the error tells too much: {e.Message}");
                    }
                }
            }
        }

        refused.Should().BeGreaterThan(RandomMessages.Types.Sum(type => type.Fields.InDeclarationOrder().Count) * 5);
    }

    private static IEnumerable<(Type Type, byte[] Body)> Bodies(Random random)
    {
        MessageDescriptor[] types =
        [
            AlterClusterRequest.Descriptor, CreateInstanceRequest.Descriptor, InstanceInfoPB.Descriptor,
            GetTabletStatsRequest.Descriptor, CommitTxnRequest.Descriptor, FinishTabletJobRequest.Descriptor, CreateTabletsRequest.Descriptor,
        ];
        foreach (var type in types)
        {
            for (var i = 0; i < 30; i++)
            {
                var message = RandomMessages.Fill(type, random, depth: 3);
                PutCanaries(message);
                var style = i % 2 == 0 ? ProtoJsonStyle.Http : ProtoJsonStyle.Rpc;
                yield return (type.ClrType, Encoding.UTF8.GetBytes(ProtoJsonWriter.ToText(message, style)));
            }
        }
    }

    private static void PutCanaries(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(field => !field.IsRepeated))
        {
            var value = field.Accessor.GetValue(message);
            if (value is string text)
            {
                field.Accessor.SetValue(message, Canary + text + Canary);
            }
            else if (value is IMessage nested)
            {
                PutCanaries(nested);
            }
        }
    }

    private static byte[] Damage(byte[] body, Random random)
    {
        var damaged = body.ToList();
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var at = random.Next(damaged.Count + 1);
            var length = Math.Min(random.Next(1, 12), damaged.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    damaged.RemoveRange(at, length);
                    break;
                case 1:
                    damaged.InsertRange(at, Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]));
                    break;
                case 2:
                    damaged.InsertRange(at, damaged.GetRange(at, length));
                    break;
                case 3 when at < damaged.Count:
                    damaged[at] = (byte)random.Next(256);
                    break;
                case 4 when at < damaged.Count:
                    damaged[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 5 when random.Next(8) == 0:
                    damaged.RemoveRange(at, damaged.Count - at);
                    break;
                default:
                    damaged.Insert(at, (byte)' ');
                    break;
            }
        }

        return [.. damaged];
    }
}
